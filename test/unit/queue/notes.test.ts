import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInfo, warningsEdit, warningsIn } from '../../../src/queue/notes.ts'

test('info/ holds the sender, and notes behind it if there are any', () => {
  assert.deepEqual(parseInfo('Fa@b\0'), { sender: 'a@b', notes: '' })
  assert.deepEqual(parseInfo('F\0Nv=1 w=2\0'), { sender: '', notes: 'v=1 w=2' })
  assert.deepEqual(parseInfo('Fa@b\0Nv=1'), { sender: 'a@b', notes: '' })
  assert.deepEqual(parseInfo('Fa@b\0eforeign\0'), { sender: 'a@b', notes: '' })
  assert.equal(parseInfo('Fa@b'), undefined)
  assert.equal(parseInfo(''), undefined)
})

const edited = (text: string, warnings: number): string => {
  const { at, bytes } = warningsEdit(text, warnings)
  return text.slice(0, at) + bytes + text.slice(at + bytes.length)
}

test('the number of warnings is written in place, and read again', () => {
  for (const text of ['Fa@b\0', 'F\0Nv=1\0', 'Fw=7\0Nw=0\0', 'Fa\0Nv=1 envid=w=3 w=0 ret=F\0', 'Fa\0Nv=1 w=0\0', 'Fa\0Nv=1 raw=4\0']) {
    const first = edited(text, 1)
    assert.deepEqual(parseInfo(first)?.sender, parseInfo(text)?.sender, text)
    assert.equal(warningsIn(parseInfo(first)?.notes ?? ''), 1, text)
    const second = edited(first, 2)
    assert.equal(second.length, first.length, text)
    assert.equal(warningsIn(parseInfo(second)?.notes ?? ''), 2, text)
  }
  assert.equal(edited('Fa\0Nv=1 envid=w=3 w=0 ret=F\0', 1), 'Fa\0Nv=1 envid=w=3 w=1 ret=F\0')
  assert.equal(warningsIn('v=1 w=x'), 0)
})
