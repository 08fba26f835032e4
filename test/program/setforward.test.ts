import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const cwd = mkdtempSync(join(tmpdir(), 'qmsf-'))
after(() => rmSync(cwd, { recursive: true, force: true }))
const set = (text: string) => runProgram(home, 'setforward', { args: ['c', 't'], input: text, cwd })
const print = () => runProgram(home, 'printforward', { fds: { 0: readFileSync(join(cwd, 'c'), 'latin1') } })

test('what is printed can be set again, to the same bytes', () => {
  assert.equal(set('a\\ b@C: &d@e, |x\\ y\\;z, ?o@p, /l.bin;\nq@: !r, \xe9@h; # the end\n').exit, 0)
  const bytes = readFileSync(join(cwd, 'c'))
  const text = print().stdout
  assert.equal(text, 'a\\ b@c: ?o@p;\na\\ b@c:\n, &d@e\n, |x\\ y\\;z\n, /l.bin\n;\nq@:\n, !r\n, &\\\xe9@h\n;\n')
  assert.equal(set(text).exit, 0)
  assert.deepEqual(readFileSync(join(cwd, 'c')), bytes)
})

test('wrong instructions leave the old table', () => {
  assert.equal(set('a: b;').exit, 0)
  const before = readFileSync(join(cwd, 'c'))
  for (const text of ['a: b', 'a: b: c;', 'a, b: c;', 'a; b: c;', 'a: b\0;', `a: ${'x'.repeat(801)};`, 'a: b; x'])
    assert.equal(set(text).exit, 100, text.slice(0, 20))
  assert.deepEqual(readFileSync(join(cwd, 'c')), before)
})
