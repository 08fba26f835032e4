import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()

test("a program's answer is turned round; trouble stays trouble", () => {
  const cases: [string[], number][] = [
    [['true'], 100],
    [['false'], 0],
    [['no-such-program-here'], 0],
    [['sh', '-c', 'exit 100'], 0],
    [['sh', '-c', 'exit 111'], 111],
    [['sh', '-c', 'kill -15 $$'], 111],
    [[], 100]
  ]
  for (const [args, exit] of cases) assert.equal(runProgram(home, 'except', { args }).exit, exit, args.join(' '))
})

test('the program reads the message', () => {
  assert.equal(runProgram(home, 'except', { args: ['grep', '-q', 'spam'], fds: { 0: 'Subject: spam\n\n' } }).exit, 100)
  assert.equal(runProgram(home, 'except', { args: ['grep', '-q', 'spam'], fds: { 0: 'Subject: ham\n\n' } }).exit, 0)
})

test('what the first line sets for our runtime is not handed on', () => {
  const r = runProgram(home, 'except', { args: ['sh', '-c', 'env; exit 1'], env: { SENDER: 's@h.example' } })
  assert.match(r.stdout, /^SENDER=s@h\.example$/m)
  assert.doesNotMatch(r.stdout, /^BUN_JSC_/m)
})
