import assert from 'node:assert/strict'
import { readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { cdbBytes } from '../../src/format/cdb.ts'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { childrenOf } from '../helpers/proc.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { startDaemon, startListening, startQueued, startSmtpd, until } from '../helpers/suite.ts'

const home = makeHome()
const todo = (): string[] => readdirSync(home.at('queue', 'todo'))
const message = (id: string): string => readFileSync(home.at('queue', 'mess', String(Number(id) % 23), id), 'latin1')
const isRunning = (pid: number): boolean => {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')) // a zombie's reaper takes its time
  } catch {
    return false
  }
}
/** Sessions of a worker have numbers that are no process's. */
const FIRST_SESSION_NUMBER = 4_194_304
const MAIL = 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n'

let queue = await startQueued(home)

test('a worker serves many sessions and queues their messages; the log has a number for each, with status 0 or 256', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1'])
  const [pid] = childrenOf(daemon.child.pid)
  const before = todo()
  assert.match(await smtpSend(port, 'a@b', ['c@d'], 'Subject: one\n\nx\n'), /^250 ok \d{10} qp \d+$/)
  await smtpSend(port, 'a@b', ['c@d', 'e@f'], 'Subject: two\n\ny\n')
  const fresh = todo().filter((id) => !before.includes(id))
  assert.equal(fresh.length, 2)
  const one = fresh.map(message).find((text) => text.includes('Subject: one'))
  assert.match(one ?? '', /\nReceived: from unknown \(HELO client\.example\) \(127\.0\.0\.1\)\n {2}by 0 with SMTP; [^\n]*\nSubject: one\n\nx\n$/)
  const gone = client(port)
  await gone.until(/220/)
  gone.socket.destroy()
  await until('three ends', () => daemon.log().match(/end \d+ status (0|256)\n/g)?.length === 3)
  assert.match(daemon.log(), new RegExp(`ok \\d+ 0:127\\.0\\.0\\.1:${port} :127\\.0\\.0\\.1::\\d+\n`))
  assert.match(daemon.log(), /status: 0\/40\n$/)
  assert.deepEqual(childrenOf(daemon.child.pid), [pid])
})

test('rules reach the session: RELAYCLIENT and DATABYTES', async () => {
  const rules = home.at('rules.cdb')
  const put = (data: string): void => {
    writeFileSync(`${rules}.tmp`, cdbBytes([['', data]]))
    renameSync(`${rules}.tmp`, rules)
  }
  put('')
  home.control('rcpthosts', 'here.example\n')
  after(() => rmSync(home.at('control', 'rcpthosts'), { force: true }))
  const { port } = await startSmtpd(home, ['-w', '1', '-x', rules])
  await assert.rejects(smtpSend(port, 'a@b', ['c@far.example'], 'x\n'), /553 sorry/)
  put('+RELAYCLIENT=\0+DATABYTES=3\0')
  await smtpSend(port, 'a@b', ['c@far.example'], 'x\n')
  await assert.rejects(smtpSend(port, 'a@b', ['c@far.example'], 'more than that\n'), /552 sorry/)
  rmSync(home.at('control', 'rcpthosts'))
})

test('control files count for the next session', async () => {
  const { port } = await startSmtpd(home, ['-w', '1'])
  await client(port).until(/220 mail\.example\.org /)
  home.control('smtpgreeting', 'other.example\n')
  await client(port).until(/220 other\.example /)
  rmSync(home.at('control', 'smtpgreeting'))
  await client(port).until(/220 mail\.example\.org /)
})

test('a client that stops sending but listens on gets all its answers', async () => {
  const { port } = await startSmtpd(home, ['-w', '1'])
  const c = client(port, { allowHalfOpen: true })
  c.socket.end(`HELO x\r\n${MAIL}x\r\n.\r\nQUIT\r\n`)
  assert.match(await c.closed(), /354 go ahead\r\n250 ok \d+ qp \d+\r\n221 mail\.example\.org\r\n$/)
})

test('a client that goes away within a message leaves nothing', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1'])
  const before = todo().length
  const c = client(port)
  await c.until(/220/)
  c.say(`${MAIL}Subject: half\r\n\r\n${'x'.repeat(100_000)}\r\n`)
  await c.until(/354/)
  c.socket.destroy()
  await until('the end', () => /end \d+ status 256\n/.test(daemon.log()))
  assert.equal(todo().length, before)
  await smtpSend(port, 'a@b', ['c@d'], 'x\n')
  assert.equal(todo().length, before + 1)
})

test('while qmail-queued is away, connections get a process each; when it is back, the worker again', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1'])
  const [pid] = childrenOf(daemon.child.pid)
  await smtpSend(port, 'a@b', ['c@d'], 'x\n')
  await queue.stop()
  let c = client(port)
  await c.until(/220 mail/)
  while (childrenOf(daemon.child.pid).length < 2) {
    // the worker had not told yet that it lost the queue
    c.socket.destroy()
    c = client(port)
    await c.until(/220 mail/)
  }
  c.say('QUIT\r\n')
  await c.closed()
  queue = await startQueued(home)
  const isProcess = (): boolean[] => [...daemon.log().matchAll(/ok (\d+) /g)].map((m) => Number(m[1]) < FIRST_SESSION_NUMBER)
  assert.deepEqual([isProcess()[0], isProcess().at(-1)], [false, true])
  // until the worker has found the queue again, sessions are served by processes still
  do assert.match(await smtpSend(port, 'a@b', ['c@d'], 'x\n'), /^250 ok/)
  while (isProcess().at(-1))
  assert.deepEqual(childrenOf(daemon.child.pid), [pid])
})

test('$QMAILQUEUE or control/firstgear: no worker is used', async () => {
  home.control('firstgear', 'qmail-smtpd\n')
  const { port, daemon } = await startSmtpd(home, ['-w', '1'])
  await client(port).until(/220 mail/)
  const list = childrenOf(daemon.child.pid)
  assert.equal(list.length, 1)
  assert.ok(!readFileSync(`/proc/${list[0]}/environ`, 'latin1').includes('QMAIL_RESIDENT'))
  rmSync(home.at('control', 'firstgear'))
})

test('a worker that crashes is replaced, and what it was serving is counted off', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1'])
  await smtpSend(port, 'a@b', ['c@d'], 'x\n')
  await until('the first end', () => /end \d+ status 0\n/.test(daemon.log()))
  const c = client(port)
  await until('the second session', () => daemon.log().match(/ ok \d+ /g)?.length === 2)
  const [pid] = childrenOf(daemon.child.pid)
  process.kill(pid ?? 0, 'SIGKILL')
  await c.closed()
  await until('the end', () => /end \d+ status 9\ntcpserver: status: 0\/40\n/.test(daemon.log()))
  assert.match(daemon.log(), new RegExp(`warning: qmail-smtpd worker ${pid} ended with status 9, 1 sessions lost\n`))
  assert.match(await smtpSend(port, 'a@b', ['c@d'], 'x\n'), /^250 ok/)
})

test('connections that nobody has accepted when a worker dies are served by the next one', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1'])
  await smtpSend(port, 'a@b', ['c@d'], 'x\n')
  await until('the first end', () => /end \d+ status 0\n/.test(daemon.log()))
  const [pid] = childrenOf(daemon.child.pid)
  process.kill(pid ?? 0, 'SIGSTOP')
  const clients = Array.from({ length: 6 }, () => client(port))
  process.kill(pid ?? 0, 'SIGKILL')
  for (const c of clients) await c.until(/220 /)
  for (const c of clients) c.socket.destroy()
  await until('all counted off', () => daemon.log().endsWith('status: 0/40\n'))
})

test('-c holds over all workers: at the limit they accept no more, and connections wait in the kernel, then go to whoever has room', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '2', '-c', '6'])
  const full = Array.from({ length: 6 }, () => client(port))
  for (const c of full) await c.until(/220 /)
  await until('six', () => daemon.log().match(/ ok \d+ /g)?.length === 6)
  const waiting = Array.from({ length: 4 }, () => client(port))
  for (const c of full.slice(0, 3)) c.say('QUIT\r\n')
  for (const c of full.slice(0, 3)) await c.closed()
  for (const c of waiting.slice(0, 3)) await c.until(/220 /)
  await until('three more', () => daemon.log().match(/ ok \d+ /g)?.length === 9)
  assert.doesNotMatch(daemon.log(), /status: [789]/)
  assert.equal(childrenOf(daemon.child.pid).length, 2, 'and no process was started')
  for (const c of full.slice(3)) c.socket.destroy()
  await waiting[3]?.until(/220 /)
  for (const c of waiting) c.socket.destroy()
  await until('all counted off', () => daemon.log().endsWith('status: 0/6\n'))
  assert.doesNotMatch(daemon.log(), /status: [789]/)
  assert.match(await smtpSend(port, 'a@b', ['c@d'], 'x\n'), /^250 ok/)
})

test('-c 1: one at a time', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '2', '-c', '1'])
  const clients = Array.from({ length: 5 }, () => client(port))
  for (const c of clients) {
    await c.until(/220 /)
    c.say('QUIT\r\n')
  }
  for (const c of clients) await c.closed()
  await until('all counted off', () => daemon.log().match(/end \d+ status 0\ntcpserver: status: 0\/1\n/g)?.length === 5)
  assert.doesNotMatch(daemon.log(), /status: [2-9]/)
})

test('connections on their way to a worker that dies are closed, not kept open by tcpserver', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1', '-c', '13'])
  const first = Array.from({ length: 13 }, () => client(port)) // at the limit; from now on connections are handed over, until fewer than half are left
  for (const c of first) await c.until(/220 /)
  for (const c of first.slice(7)) c.socket.destroy()
  await until('six ends', () => daemon.log().endsWith('status: 7/13\n'))
  const [pid] = childrenOf(daemon.child.pid)
  process.kill(pid ?? 0, 'SIGSTOP')
  const clients = Array.from({ length: 6 }, () => client(port))
  await until('six handed over', () => daemon.log().match(/ ok \d+ /g)?.length === 19)
  process.kill(pid ?? 0, 'SIGKILL')
  for (const c of clients) assert.equal(await c.closed(), '')
  await until('all counted off', () => daemon.log().endsWith('status: 0/13\n'))
})

test('a rule that names another queue program: that connection gets a process, others the worker', async () => {
  const rules = home.at('hooked.cdb')
  writeFileSync(
    rules,
    cdbBytes([
      ['127.0.0.2', '+QMAILQUEUE=/bin/true\0'],
      ['', '+TCPREMOTEINFO=told\0']
    ])
  )
  const { port, daemon } = await startSmtpd(home, ['-w', '1', '-x', rules])
  const plain = client(port)
  await plain.until(/220 /)
  const hooked = client(port, { localAddress: '127.0.0.2' })
  hooked.say('HELO early\r\n')
  await hooked.until(/220 [\s\S]*250 /)
  const oks = await until('both in the log', () => {
    const found = [...daemon.log().matchAll(/ ok (\d+) /g)].map((m) => Number(m[1]) < FIRST_SESSION_NUMBER)
    return found.length === 2 && found
  })
  assert.deepEqual(oks, [false, true])
  for (const c of [plain, hooked]) {
    c.say('QUIT\r\n')
    await c.closed()
  }
  await until('all counted off', () => daemon.log().endsWith('status: 0/40\n'))
})

test('a thousand connections, one after another and side by side: each has a number of its own and an end', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '2', '-c', '200'])
  const one = async (): Promise<void> => {
    const c = client(port)
    await c.until(/220 /)
    c.say('QUIT\r\n')
    await c.closed()
  }
  for (let n = 0; n < 25; n++) await Promise.all(Array.from({ length: 40 }, one))
  await until('all counted off', () => daemon.log().match(/ end \d+ status 0\n/g)?.length === 1000 && daemon.log().endsWith('status: 0/200\n'))
  const started = [...daemon.log().matchAll(/ ok (\d+) /g)].map((m) => m[1])
  assert.equal(new Set(started).size, 1000)
  assert.deepEqual([...daemon.log().matchAll(/ end (\d+) /g)].map((m) => m[1]).toSorted(), started.toSorted())
})

test('more sessions than a worker has descriptors for get a process each, and all are counted off', async () => {
  const command = `ulimit -n 60; exec ${home.at('bin', 'tcpserver')} -1vRHl0 -b 60 -c 60 -w 1 127.0.0.1 0 ${home.at('bin', 'qmail-smtpd')}`
  const { port, daemon } = await startListening((logName) => startDaemon(home, '/bin/sh', ['-c', command], logName))
  const clients = Array.from({ length: 50 }, () => client(port))
  for (const c of clients) await c.until(/220/)
  for (const c of clients) c.socket.destroy()
  await until('all counted off', () => daemon.log().endsWith('status: 0/60\n'))
})

test('when its program file changes, a worker finishes its sessions and ends, and a new one takes over', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1'])
  const old = client(port)
  await old.until(/220/)
  const [pid] = childrenOf(daemon.child.pid)
  utimesSync(home.at('bin', 'qmail-smtpd'), 1, 1)
  await client(port).until(/220/)
  const oks = [...daemon.log().matchAll(/ok (\d+) /g)].map((m) => Number(m[1]))
  assert.notEqual(oks[1], pid)
  old.say(`${MAIL}x\r\n.\r\nQUIT\r\n`)
  assert.match(await old.closed(), /250 ok \d+ qp/)
  await until('the old worker to end', () => !childrenOf(daemon.child.pid).includes(pid ?? 0))
  assert.ok(!daemon.log().includes('warning'))
})

test('SIGTERM: tcpserver ends at once with 0, the worker finishes its sessions, then ends', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1'])
  await smtpSend(port, 'a@b', ['c@d'], 'x\n')
  const c = client(port)
  await c.until(/220/)
  const [pid] = childrenOf(daemon.child.pid)
  assert.equal(await daemon.stop(), 0)
  c.say(`HELO x\r\n${MAIL}x\r\n.\r\nQUIT\r\n`)
  assert.match(await c.closed(), /250 ok \d+ qp \d+\r\n221/)
  await until('the worker to end', () => !isRunning(pid ?? 0))
})

test('-w is nothing to other programs', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '2', '127.0.0.1', '0', '/bin/echo', 'hi'].slice(0, 2))
  assert.equal(childrenOf(daemon.child.pid).length, 2)
  const other = startDaemon(home, 'tcpserver', ['-RHl0', '-1', '-w', '2', '127.0.0.1', '0', '/bin/echo', 'hi'], 'echo')
  await until('the port', () => /^\d+\n/.test(other.log()))
  assert.equal(childrenOf(other.child.pid).length, 0)
  assert.equal(await client(Number(other.log())).closed(), 'hi\n')
  await client(port).until(/220/)
})
