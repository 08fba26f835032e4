import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliveryEnv as env } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const run = (args: string[], variables = env) => runProgram(home, 'condredirect', { args, env: variables, fds: { 0: 'Subject: hi\n\nbody' } })

test('a yes redirects the whole message, though the program has read it, from the original sender', () => {
  const r = run(['new@r.example', 'cat'])
  assert.equal(r.exit, 99)
  assert.match(r.stderr, /^condredirect: qp \d+\n$/)
  const [message] = queued(home)
  assert.match(message?.envelope ?? '', /Fs@h\.example\0Tnew@r\.example\0$/)
  assert.match(message?.message ?? '', /^Received: .*\nDelivered-To: joe@ex\.org\nSubject: hi\n\nbody$/)
})

test('a no, a deferral and a missing variable queue nothing', () => {
  const before = queued(home).length
  assert.equal(run(['a@b.c', 'false']).exit, 0)
  assert.equal(run(['a@b.c', 'no-such-program-here']).exit, 0)
  assert.equal(run(['a@b.c', 'sh', '-c', 'exit 111']).exit, 111)
  assert.deepEqual(run(['a@b.c', 'true'], { SENDER: 'x' }), { exit: 100, stdout: '', stderr: 'condredirect: fatal: DTLINE not set\n' })
  assert.deepEqual(run(['a@b.c', 'false'], {}), { exit: 0, stdout: '', stderr: '' })
  assert.equal(run(['a@b.c']).exit, 100)
  assert.equal(queued(home).length, before)
})

test('a message that cannot be read again from its start defers', () => {
  const r = runProgram(home, 'condredirect', { args: ['a@b.c', 'true'], env, input: 'Subject: hi\n\n' })
  assert.equal(r.exit, 111)
})
