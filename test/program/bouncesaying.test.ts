import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliveryEnv as env } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const run = (...args: string[]) => runProgram(home, 'bouncesaying', { args, env, fds: { 0: 'Subject: hi\n\n' } })

test('without a program, or with one that says yes, the message bounces with the text', () => {
  for (const program of [[], ['true'], ['grep', '-q', 'hi']]) assert.deepEqual(run('gone away', ...program), { exit: 100, stdout: '', stderr: 'gone away\n' })
})

test('a program that says no, or is not there, lets the message pass', () => {
  for (const program of ['false', 'no-such-program-here', '/']) assert.deepEqual(run('gone', program), { exit: 0, stdout: '', stderr: '' })
})

test('a program that is killed or says "later" defers', () => {
  assert.deepEqual(run('gone', 'sh', '-c', 'kill -9 $$'), { exit: 111, stdout: '', stderr: 'bouncesaying: fatal: child crashed\n' })
  assert.deepEqual(run('gone', 'sh', '-c', 'exit 111'), { exit: 111, stdout: '', stderr: '' })
})
