import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const cwd = mkdtempSync(join(tmpdir(), 'qmni-'))
after(() => rmSync(cwd, { recursive: true, force: true }))
const run = (text: string) => {
  writeFileSync(join(cwd, 'list'), text)
  return runProgram(home, 'newinclude', { args: ['list'], cwd })
}
const list = (): string => readFileSync(join(cwd, 'list.bin'), 'latin1')

test('addresses become complete; a nested list keeps the name it was given', () => {
  assert.deepEqual(run('# ours\nann, Bob <bob@x.y>\n:include:sub.bin\nlast'), { exit: 0, stdout: '', stderr: '' })
  assert.equal(list(), '&bob@x.y\0&ann@mail.example.org\0./sub.bin\0&last@mail.example.org\0')
  assert.equal(statSync(join(cwd, 'list.bin')).mode & 0o777, 0o644)
})

test('a wrong line is named, and the old list stays', () => {
  const before = list()
  assert.deepEqual(run('a\n"|prog"\n'), { exit: 111, stdout: '', stderr: 'newinclude: fatal: list line 2: programs are not allowed in mailing lists\n' })
  assert.deepEqual(run('a (\n'), { exit: 111, stdout: '', stderr: 'newinclude: fatal: list line 1: unable to parse this line: a (\n' })
  assert.equal(list(), before)
})
