import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const cwd = mkdtempSync(join(tmpdir(), 'qmsm-'))
after(() => rmSync(cwd, { recursive: true, force: true }))
const set = (input: string) => runProgram(home, 'setmaillist', { args: ['b', 't'], input, cwd })

test('lines become entries; the list is readable by all', () => {
  assert.deepEqual(set('god@h\n&x@y \t\n./f\n#c\n\n lead@x\nlast'), { exit: 0, stdout: '', stderr: '' })
  assert.equal(readFileSync(join(cwd, 'b'), 'latin1'), '&god@h\0&x@y\0./f\0& lead@x\0&last\0')
  assert.equal(statSync(join(cwd, 'b')).mode & 0o777, 0o644)
})

test('800 bytes are an address, 801 are not, and the old list stays', () => {
  assert.equal(set(`${'x'.repeat(800)}\n`).exit, 0)
  const before = readFileSync(join(cwd, 'b'), 'latin1')
  for (const text of [`${'x'.repeat(801)}\n`, 'a\0b\n']) assert.equal(set(text).exit, 111)
  assert.equal(readFileSync(join(cwd, 'b'), 'latin1'), before)
  assert.equal(runProgram(home, 'setmaillist', { args: ['b'], cwd }).exit, 100)
})
