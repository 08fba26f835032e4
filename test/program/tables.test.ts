import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { Cdb } from '../../src/format/cdb.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const assign = (text: string) => {
  writeFileSync(home.at('users', 'assign'), Buffer.from(text, 'latin1'))
  return runProgram(home, 'qmail-newu', { cwd: '/' })
}
const look = (file: string, key: string): string | undefined => {
  const cdb = new Cdb(file)
  try {
    return cdb.get(key)
  } finally {
    cdb.close()
  }
}
const usersCdb = home.at('users', 'cdb')

test('qmail-newu makes users/cdb from users/assign, in lower case, with the wildcard characters', () => {
  const r = assign(
    '=Joe.S:joe:2001:2002:/h1:-:ex:ignored:x\n+foo-:joe:1:1:/h2:-:pre-:\n+Bar-Z:joe:1:1:/h3:-::\n+:alias:9:9:/a:-::\n.\nwhat follows does not count'
  )
  assert.deepEqual(r, { exit: 0, stdout: '', stderr: '' })
  assert.equal(look(usersCdb, '!joe.s\0'), 'joe\x002001\x002002\0/h1\0-\0ex')
  assert.equal(look(usersCdb, '!foo-'), 'joe\x001\x001\0/h2\0-\0pre-')
  assert.equal(look(usersCdb, '!bar-z'), 'joe\x001\x001\0/h3\0-\0')
  assert.equal(look(usersCdb, '!'), 'alias\x009\x009\0/a\0-\0')
  assert.equal(look(usersCdb, ''), '-z')
  assert.equal(statSync(usersCdb).mode & 0o777, 0o644)
  assert.equal(existsSync(home.at('users', 'cdb.tmp')), false)
})

for (const [what, text, where] of [
  ['no line with a dot', '=a:b:1:1:/:::\n', 'line 2: the last line has to be a dot'],
  ['a last line without its end', '=a:b:1:1:/:::', 'line 1: the last line has to be a dot'],
  ['a comment', '=a:b:1:1:/:::\n#comment\n.\n', 'line 2: it has not 7 colons'],
  ['an empty line', '\n.\n', 'line 1: it is empty'],
  ['too few colons', '=a:b:1:1:/:\n.\n', 'line 1: it has not 7 colons'],
  ['a colon first', '=a:b:1:1:/:::\n=c:b:1:1:/:::\n:a:b:1:1:/:::\n.\n', 'line 3: nothing stands before its first colon'],
  ['a NUL', '=a\0:b:1:1:/:::\n.\n', 'line 1: it holds a NUL'],
  ['an empty file', '', 'line 1: the last line has to be a dot']
] as const) {
  test(`${what} in users/assign leaves the old users/cdb, and the line is named`, () => {
    assert.equal(assign('=old:u:1:2:/h:::\n.\n').exit, 0)
    assert.deepEqual(assign(text), { exit: 111, stdout: '', stderr: `qmail-newu: fatal: bad format in users/assign, ${where}\n` })
    assert.equal(look(usersCdb, '!old\0'), 'u\x001\x002\0/h\0\0')
  })
}

test('qmail-newmrh makes morercpthosts.cdb, and says what it cannot read', () => {
  const missing = runProgram(home, 'qmail-newmrh')
  assert.deepEqual([missing.exit, missing.stderr], [111, 'qmail-newmrh: fatal: unable to read control/morercpthosts: file does not exist\n'])
  home.control('morercpthosts', 'A.Example \t\n\n#c\n.sub.example\nlast.example')
  assert.deepEqual(runProgram(home, 'qmail-newmrh', { cwd: '/' }), { exit: 0, stdout: '', stderr: '' })
  const file = home.at('control', 'morercpthosts.cdb')
  for (const key of ['a.example', '.sub.example', 'last.example']) assert.equal(look(file, key), '', key)
  assert.equal(look(file, '#c'), undefined)
  assert.equal(look(file, ''), undefined)
  assert.equal(readFileSync(file).length > 2048, true)
})
