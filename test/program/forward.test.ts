import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { deliveryEnv as env } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()

test('the message goes to all addresses, verbatim, from NEWSENDER', () => {
  const big = `Subject: hi\n\n${'x'.repeat(300_000)}`
  const r = runProgram(home, 'forward', { args: ['a@b.c', ' -odd'], env, fds: { 0: big } })
  assert.equal(r.exit, 0)
  assert.match(r.stderr, /^forward: qp \d+\n$/)
  const [message] = queued(home)
  assert.match(message?.envelope ?? '', /Fnew@h\.example\0Ta@b\.c\0T -odd\0$/)
  assert.ok(message?.message.endsWith(`\nDelivered-To: joe@ex.org\n${big}`))
})

test('without NEWSENDER nothing is forwarded', () => {
  assert.deepEqual(runProgram(home, 'forward', { args: ['a@b.c'], env: { DTLINE: 'x\n' } }), {
    exit: 100,
    stdout: '',
    stderr: 'forward: fatal: NEWSENDER not set\n'
  })
})

test("the queue program's verdict is ours", () => {
  const program = home.at('qq')
  const verdictOf = (code: number) => {
    writeFileSync(program, `#!/bin/sh\ncat >/dev/null\ncat <&1 >/dev/null\nexit ${code}\n`)
    chmodSync(program, 0o755)
    return runProgram(home, 'forward', { args: ['a@b.c'], env: { ...env, QMAILQUEUE: program }, fds: { 0: 'x\n' } }).exit
  }
  assert.deepEqual([31, 53, 0].map(verdictOf), [100, 111, 0])
})
