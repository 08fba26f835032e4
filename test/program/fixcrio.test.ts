import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const go = (args: string[], input = '') => runProgram(home, 'fixcrio', { args, input })

test('what lacks its CR gets it, both ways; a last line without end stays so', () => {
  assert.deepEqual(go(['sh', '-c', 'cat | tr "\\r" R'], 'a\nb\r\nc\r\r\nd'), { exit: 0, stdout: 'aR\r\nbR\r\ncRR\r\nd', stderr: '' })
})

test("the program's exit code and process id are its own", () => {
  const r = go(['sh', '-c', 'echo $$; exit 5'])
  assert.equal(r.exit, 5)
  assert.match(r.stdout, /^\d+\r\n$/)
})

test('usage is 100, a program that cannot be run 111', () => {
  assert.deepEqual(go([]), { exit: 100, stdout: '', stderr: 'fixcrio: usage: fixcrio program [ arg ... ]\n' })
  assert.deepEqual(go(['./none']), { exit: 111, stdout: '', stderr: 'fixcrio: fatal: unable to run ./none: file does not exist\n' })
})
