import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliveryEnv as env } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const run = (message: string, variables = env) => runProgram(home, 'qreceipt', { args: ['joe@ex.org'], env: variables, fds: { 0: message } })

test('a request that names the address is answered, once, with the message-id', () => {
  const r = run('Notice-Requested-Upon-Delivery-To: Ann <ann@x.y>,\n Joe <joe@ex.org>\nMessage-ID: <1@h>\n\nbody\n')
  assert.deepEqual(r, { exit: 0, stdout: '', stderr: '' })
  const [message, ...more] = queued(home)
  assert.deepEqual(more, [])
  assert.match(message?.envelope ?? '', /F\0Ts@h\.example\0$/)
  const [head = '', body = ''] =
    message?.message
      .replace(/^Received: .*\n/, '')
      .split('\n\n', 1)
      .concat(message.message.split('\n\n').slice(1).join('\n\n')) ?? []
  assert.equal(head, 'From: DELIVERY NOTICE SYSTEM <s@h.example>\nTo: <s@h.example>\nSubject: success notice')
  assert.match(body, /joe@ex\.org/)
  assert.match(body, /\nYour Message-ID: <1@h>\n$/)
})

test('a bounce, another address and no request are not answered', () => {
  const before = queued(home).length
  const request = 'Notice-Requested-Upon-Delivery-To: joe@ex.org\n\n'
  for (const SENDER of ['', '#@[]']) assert.equal(run(request, { ...env, SENDER }).exit, 0)
  assert.equal(run('Notice-Requested-Upon-Delivery-To: Joe@ex.org\n\n').exit, 0)
  assert.equal(run('Subject: x\n\nNotice-Requested-Upon-Delivery-To: joe@ex.org\n').exit, 0)
  assert.equal(queued(home).length, before)
})

test('no sender is wrong usage; an unparsable request is refused for good', () => {
  assert.equal(runProgram(home, 'qreceipt', { args: ['joe@ex.org'] }).exit, 100)
  assert.equal(run('Notice-Requested-Upon-Delivery-To: joe (\n\n').exit, 100)
})
