import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assignmentOf, findAssignment } from '../../../src/format/assign.ts'

const entry = (home: string, dash: string, ext: string): string => `joe\x002001\x002002\0${home}\0${dash}\0${ext}`
const records = new Map([
  ['', '-l'],
  ['!joe.s\0', entry('/h1', '-', 'ex')],
  ['!foo-', entry('/h3', '-', 'pre-')],
  ['!al', entry('/h4', '-', '')],
  ['!dup\0', entry('/first', '', '')],
  ['!dup', entry('/never', '-', '')]
])
const look = (local: string) => {
  const hit = findAssignment(records, local)
  return typeof hit === 'string' ? hit : assignmentOf(hit.data, hit.rest)
}
const found = (homedir: string, dash: string, ext: string) => ({ user: 'joe', uid: 2001, gid: 2002, homedir, dash, ext })

test('an exact entry is found whatever the case, and wins over a wildcard', () => {
  assert.deepEqual(look('JOE.S'), found('/h1', '-', 'ex'))
  assert.deepEqual(look('dup'), found('/first', '', ''))
})

test('a wildcard adds the rest of the local part in its own case', () => {
  assert.deepEqual(look('Foo-Bar'), found('/h3', '-', 'pre-Bar'))
  assert.deepEqual(look('foo-'), found('/h3', '-', 'pre-'))
  assert.deepEqual(look('alX'), found('/h4', '-', 'X'))
})

test('a wildcard is tried only where its last byte is in the list of last bytes', () => {
  assert.equal(look('dupx'), 'absent')
  assert.equal(look('foo'), 'absent')
  assert.equal(look(''), 'absent')
})

test('the empty wildcard catches what is left', () => {
  const all = new Map([...records, ['!', entry('/all', '-', 'catch-')]])
  assert.deepEqual(findAssignment(all, 'Nobody'), { data: entry('/all', '-', 'catch-'), rest: 'Nobody' })
})

test('a table without its list of last bytes is broken, never empty', () => {
  assert.equal(findAssignment(new Map([['!joe\0', entry('/h', '', '')]]), 'joe'), 'broken')
})

test('ids that are not numbers, too large ones and missing fields give no user: garbage never becomes root', () => {
  for (const data of ['a\0x\x001\0/h\0\0', 'a\x001\0\0/h\0\0', 'a\x004294967295\x001\0/h\0\0', 'a\x0099999999999\x001\0/h\0\0', 'a\x001\x001\0/h\0']) {
    assert.equal(assignmentOf(data, ''), undefined, JSON.stringify(data))
  }
  assert.equal(assignmentOf('a\x0012x\x0034y\0/h\0\0', '')?.uid, 12)
})
