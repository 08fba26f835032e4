import assert from 'node:assert/strict'
import { readlinkSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { cdbBytes } from '../../src/format/cdb.ts'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { childrenOf } from '../helpers/proc.ts'
import { type Daemon, startDaemon, startListening, startQueued, startSmtpd, until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

const home = makeHome()
await startQueued(home)

const workers = ({ child }: Daemon): number[] => childrenOf(child.pid)
/** Has this process the listening socket? */
const isHearing = (pid: number): boolean => {
  try {
    return readlinkSync(`/proc/${pid}/fd/0`).startsWith('socket:')
  } catch {
    return false // it has ended
  }
}
const oks = ({ log }: Daemon): number => log().match(/ ok \d+ /g)?.length ?? 0

test('-m: limits of clients hold over all workers; $DIEMSG is what the others hear', PATIENT, async () => {
  const rules = home.at('die.cdb')
  writeFileSync(rules, cdbBytes([['', '+DIEMSG=421 not now\0']]))
  const { port, daemon } = await startSmtpd(home, ['-w', '2', '-m', '3', '-x', rules])
  const three = Array.from({ length: 3 }, () => client(port))
  for (const c of three) await c.until(/220 /)
  const more = Array.from({ length: 8 }, () => client(port))
  for (const c of more) assert.equal(await c.closed(), '421 not now\r\n')
  await until(
    'the log',
    () => daemon.log().match(/deny (\d+) .*\ntcpserver: limit \1 over 3 connections from this address\ntcpserver: end \1 status 25600\n/g)?.length === 8
  )
  assert.equal(oks(daemon), 3)
  const elsewhere = client(port, { localAddress: '127.0.0.2' })
  await elsewhere.until(/220 /)
  three[0]?.socket.destroy()
  await until('its end', () => daemon.log().includes(' status 256\n'))
  await client(port).until(/220 /)
})

test('a rule that sets a limit: tcpserver is asked about those clients', PATIENT, async () => {
  const rules = home.at('limit.cdb')
  writeFileSync(rules, cdbBytes([['127.0.0.2', '+MAXCONNIP=1\0']]))
  const { port, daemon } = await startSmtpd(home, ['-w', '2', '-x', rules])
  const first = client(port, { localAddress: '127.0.0.2' })
  await first.until(/220 /)
  assert.equal(await client(port, { localAddress: '127.0.0.2' }).closed(), '')
  for (let n = 0; n < 3; n++) await client(port).until(/220 /)
  await until('the log', () => daemon.log().includes(' over 1 connections from this address\n') && oks(daemon) === 4)
})

test('-a: the PROXY header is read by the worker, to the byte', PATIENT, async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1', '-a', '127.0.0.1'])
  const told = client(port)
  told.say('PROXY TCP4 192.0.2.7 203.0.113.1 4000 25\r\nHELO x\r\n')
  await told.until(/220 [\s\S]*\n250 /)
  await until('it in the log', () => /ok \d+ 0:203\.0\.113\.1:25 :192\.0\.2\.7::4000\n/.test(daemon.log()))
  const bad = client(port)
  bad.say('EHLO x\r\n')
  assert.equal(await bad.closed(), '')
  await until('the warning', () => daemon.log().includes('tcpserver: warning: dropping connection, bad PROXY header\ntcpserver: end '))
  assert.equal(workers(daemon).length, 1)
})

test('a rules file that cannot be read drops connections, and counts them off', PATIENT, async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1', '-x', home.at('none.cdb')])
  assert.equal(await client(port).closed(), '')
  await until('the end', () =>
    /warning: dropping connection, unable to read [^\n]*none\.cdb: [^\n]*\ntcpserver: end \d+ status 28416\ntcpserver: status: 0\/40\n$/.test(daemon.log())
  )
})

test('at the limit workers accept no more; when the crowd is gone, others take their place', PATIENT, async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '2', '-c', '6'])
  const before = workers(daemon)
  assert.ok(before.every(isHearing))
  const crowd = Array.from({ length: 6 }, () => client(port))
  for (const c of crowd) await c.until(/220 /)
  await until('both to have stopped', () => !before.some(isHearing))
  for (const c of crowd.slice(2)) c.socket.destroy()
  await until('others', () => {
    const now = workers(daemon).filter((pid) => !before.includes(pid))
    return now.length === 2 && now.every(isHearing)
  })
  const count = oks(daemon)
  await client(port).until(/220 /)
  await until('it in the log', () => oks(daemon) === count + 1)
  for (const c of crowd.slice(0, 2)) {
    c.say('QUIT\r\n')
    assert.match(await c.closed(), /221 /)
  }
  await until('those before to end', () => !workers(daemon).some((pid) => before.includes(pid)))
  assert.doesNotMatch(daemon.log(), /warning|status: [789]/)
})

test('SIGTERM: workers let go of the port, though one of them still serves; the next tcpserver gets it', PATIENT, async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '2'])
  const c = client(port)
  await c.until(/220 /)
  const before = workers(daemon)
  assert.equal(await daemon.stop(), 0)
  await until('both to let go', () => !before.some(isHearing))
  const args = ['-1v', '-RHl0', '-w', '2', '127.0.0.1', String(port), home.at('bin', 'qmail-smtpd')]
  const next = await startListening((logName) => startDaemon(home, 'tcpserver', args, logName))
  assert.equal(next.port, port)
  await client(port).until(/220 /)
  c.say('QUIT\r\n')
  assert.match(await c.closed(), /221 /)
})
