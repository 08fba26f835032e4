import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identity } from '../../../src/os/own.ts'
import { RemotePool } from '../../../src/rspawn/pool.ts'
import type { Job } from '../../../src/spawn/spawner.ts'
import { makeHome } from '../../helpers/home.ts'
import { killListed, processTree } from '../../helpers/proc.ts'
import { smtpSink } from '../../helpers/smtp.ts'
import { layMessage } from '../../helpers/spawner-rig.ts'
import { until } from '../../helpers/suite.ts'

const home = makeHome()
layMessage(home, '12/1001', 'x\n')
const sink = await smtpSink()
home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
const version = identity(home.at('bin', 'qmail-remote')) ?? ''
const env = { PATH: '/usr/bin:/bin' }
const job: Job = {
  slot: 1,
  message: '12/1001',
  sender: 's@s',
  recipient: 'r@x',
  box: 'r',
  host: 'x',
  fd: -1,
  logged: undefined,
  written: () => {},
  goesBy: () => {}
}
const residents = (): number[] =>
  processTree(process.pid)
    .filter((p) => p.name === 'qmail-remote')
    .map((p) => p.pid)

test('a resident process is replaced after so many deliveries', async () => {
  const pool = new RemotePool(home.path, env, { jobs: 2, idleSeconds: 3600 })
  assert.match((await pool.deliver(job, version)).output, /^r\0K/)
  const [first] = residents()
  assert.match((await pool.deliver(job, version)).output, /^r\0K/)
  assert.ok(residents().every((pid) => pid === first))
  assert.match((await pool.deliver(job, version)).output, /^r\0K/)
  assert.ok(residents().some((pid) => pid !== first))
  assert.equal(sink.messages.length, 3)
  for (const pid of residents()) killListed({ pid }, 'SIGTERM')
  await until('their end', () => residents().length === 0)
})

test('one that has nothing to do is let go, and the next delivery gets another', async () => {
  const pool = new RemotePool(home.path, env, { jobs: 100, idleSeconds: 0.1 })
  for (let n = 0; n < 2; n++) {
    assert.match((await pool.deliver(job, version)).output, /^r\0K/)
    await until('its end', () => residents().length === 0)
  }
})

test('a message that is gone is a temporary failure', async () => {
  const pool = new RemotePool(home.path, env, { jobs: 2, idleSeconds: 0 })
  assert.match((await pool.deliver({ ...job, message: '12/4242' }, version)).output, /^Z.*\(#4\.3\.0\)\n\0$/)
})

test('a runtime that cannot be started is a temporary failure', async () => {
  const pool = new RemotePool(home.at('nowhere'), env)
  assert.equal((await pool.deliver(job, version)).code, 111)
})
