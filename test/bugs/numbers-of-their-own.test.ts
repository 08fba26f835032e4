import assert from 'node:assert/strict'
import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { jobNumber, serialNumbers } from '../../src/core/beyond-pids.ts'
import { cdbBytes } from '../../src/format/cdb.ts'
import { client } from '../helpers/dialogue.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { maildir, startQueued, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const TIMEOUT = { timeout: 120_000 }
const PID_MAX = 4_194_304

test('sessions side by side in one resident qmail-smtpd have numbers of their own in the log of tcpserver', TIMEOUT, async () => {
  const home = makeHome()
  home.control('smtpdlog', 'session\n')
  await startQueued(home)
  const rules = home.at('rules.cdb')
  writeFileSync(rules, cdbBytes([['', '']]))
  const { port, daemon } = await startSmtpd(home, ['-w', '1', '-x', rules])
  const clients = [client(port), client(port), client(port)]
  for (const one of clients) await one.until(/220/)
  const started = await until('three in the log', () => {
    const numbers = [...daemon.log().matchAll(/^tcpserver: ok (\d+) /gm)].map((m) => Number(m[1]))
    return numbers.length === 3 && numbers
  })
  assert.equal(new Set(started).size, 3)
  assert.ok(started.every((number) => number >= PID_MAX))
  for (const number of started) assert.match(daemon.log(), new RegExp(`^tcpserver: pid ${number} from 127\\.0\\.0\\.1$`, 'm'))
  for (const one of clients) one.socket.end('QUIT\r\n')
  const ended = await until('three ends', () => {
    const lines = [...daemon.log().matchAll(/^tcpserver: end (\d+) status 0$/gm)]
    return lines.length === 3 && lines.map((m) => Number(m[1]))
  })
  assert.deepEqual(ended.toSorted(), started.toSorted())
  const told = [...daemon.log().matchAll(/^qmail-smtpd: session pid=(\d+) /gm)].map((m) => Number(m[1]))
  assert.deepEqual(told.toSorted(), started.toSorted(), 'qmail-smtpd calls them the same')
  writeFileSync(rules, cdbBytes([['', 'D']]))
  for (const n of [1, 2]) {
    client(port).socket.on('error', () => {})
    await until(`denial ${n}`, () => daemon.log().match(/^tcpserver: end \d+ status 25600$/gm)?.length === n)
  }
  const denied = [...daemon.log().matchAll(/^tcpserver: (?:deny|end) (\d+)(?: .*:.*| status 25600)$/gm)].map((m) => m[1])
  assert.equal(new Set(denied).size, 2)
  assert.equal(denied.length, 4)
})

test('forwards of one resident qmail-local have a `qp` each, and it is that of their `info msg` line', TIMEOUT, async () => {
  const home = makeHome()
  home.control('locals', 'local.example\n')
  const [joe] = makeUsers(home, ['joe'])
  assert.ok(joe)
  const box = joe.maildir()
  const dotQmail = join(joe.home, '.qmail-fwd')
  writeFileSync(dotQmail, 'joe@local.example\n')
  chmodSync(dotQmail, 0o644)
  if (isRoot) chownSync(dotQmail, joe.uid, joe.gid)
  const suite = await startSuite(home)
  for (let n = 1; n <= 3; n++) {
    assert.equal(runProgram(home, 'sendmail', { args: ['joe-fwd@local.example'], input: `Subject: ${n}\n\n` }).exit, 0)
    await until(`message ${n}`, () => maildir(box).length === n)
  }
  await until('the last line of the deliveries', () => suite.log().match(/success: did_0\+1\+0\/qp_\d+\//g)?.length === 3)
  const numbers = [...suite.log().matchAll(/success: did_0\+1\+0\/qp_(\d+)\//g)].map((m) => m[1])
  assert.equal(new Set(numbers).size, 3)
  for (const number of numbers) assert.match(suite.log(), new RegExp(`^info msg \\d+: bytes \\d+ from <[^>]*> qp ${number} uid`, 'm'))
  assert.equal(await suite.stop(), 0)
})

test('numbers that are no process ids: the first of a process is its id, the others are nobody else’s, and 31 bits hold them', () => {
  assert.equal(jobNumber(77, 0), 77)
  const seen = new Set<number>()
  for (const pid of [1, 77, 32_768, PID_MAX - 1]) for (const count of [1, 2, 499]) seen.add(jobNumber(pid, count))
  assert.equal(seen.size, 12)
  for (const number of seen) assert.ok(number > PID_MAX && number < 2 ** 31, String(number))
  const next = serialNumbers(1_795_800_000_000)
  const [first, second] = [next(), next()]
  assert.equal(second, first + 1)
  assert.ok(first >= PID_MAX && second < 2 ** 31)
  assert.ok(serialNumbers(1_795_800_010_000)() > second, 'a later process begins beyond')
})
