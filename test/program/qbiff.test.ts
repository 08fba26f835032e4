import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliveryEnv as env } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()

test('whatever happens, mail is not held up: exit 0 and silence', () => {
  const quiet = { exit: 0, stdout: '', stderr: '' }
  assert.deepEqual(runProgram(home, 'qbiff', { env: { ...env, USER: 'no-such-user' }, fds: { 0: 'Subject: x\n\n' } }), quiet)
  assert.deepEqual(runProgram(home, 'qbiff', { fds: { 0: '' } }), quiet)
})
