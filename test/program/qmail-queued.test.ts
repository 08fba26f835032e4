import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { beforeEach, test } from 'node:test'
import { netstring } from '../../src/core/netstring.ts'
import { suiteUser } from '../../src/os/ids.ts'
import { submitThroughSocket } from '../../src/submit/socket.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { processOf, processTree } from '../helpers/proc.ts'
import { queued, queueFiles } from '../helpers/queue-files.ts'
import { startDaemon, startQueued, until } from '../helpers/suite.ts'

const home = makeHome()
const needsRoot = isRoot ? false : 'needs root: several users'
const socketPath = (folder: 'smtpd' | 'send'): string => home.at('run', folder, 'socket')

const daemon = await startQueued(home)

const open = async (folder: 'smtpd' | 'send' = 'smtpd'): Promise<Socket> => {
  const socket = connect(socketPath(folder))
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

const submit = async (socket: Socket, message: Buffer, recipients = ['joe@example.org']) => {
  const submission = submitThroughSocket(socket)
  for (let at = 0; at < message.length; at += 50_000) await submission.write(message.subarray(at, at + 50_000))
  return submission.finish('a@b', recipients)
}

/** Says these bytes, and hears until the other side closes or so many netstrings have come back. */
const talk = async (text: string | Buffer, answers: number): Promise<string> => {
  const socket = await open()
  socket.write(text)
  let heard = ''
  for await (const chunk of socket) {
    heard += String(chunk)
    if (heard.split(',').length > answers) break
  }
  socket.destroy()
  return heard
}

beforeEach(() => {
  for (const file of queueFiles(home)) rmSync(home.at('queue', file))
})

test('a message through run/smtpd is from the network; its number is its qp', async () => {
  const socket = await open()
  const r = await submit(socket, Buffer.from('Subject: x\n\nhi\n'))
  socket.destroy()
  const [m] = queued(home)
  assert.deepEqual(r, { code: 0, text: '', qp: m?.id, weFailed: false })
  assert.equal(m?.envelope, `u${suiteUser(home.path, 'qmaild').uid}\0p${m?.id}\0Fa@b\0Tjoe@example.org\0`)
  assert.match(m?.message ?? '', new RegExp(`^Received: \\(qmail ${m?.id} invoked from network\\); \\d+ ... \\d{4} [\\d:]{8} -0000\\nSubject: x\\n\\nhi\\n$`))
  assert.equal(statSync(home.at('queue/mess', String((m?.id ?? 0) % 23), String(m?.id))).ino, m?.id)
})

test('a message through run/send is for a bounce', async () => {
  const socket = await open('send')
  await submit(socket, Buffer.from('x\n'))
  socket.destroy()
  assert.match(queued(home)[0]?.message ?? '', /invoked for bounce\)/)
  assert.ok(queued(home)[0]?.envelope.startsWith(`u${suiteUser(home.path, 'qmails').uid}\0`))
})

test('one connection carries many messages, empty and large ones too, each whole', async () => {
  const socket = await open()
  const bodies = ['', 'a', 'x'.repeat(65_536), 'y'.repeat(3_000_001), 'end']
  for (const body of bodies) assert.equal((await submit(socket, Buffer.from(body))).code, 0)
  socket.destroy()
  assert.deepEqual(
    queued(home)
      .map(({ message }) => message.slice(message.indexOf('\n') + 1))
      .sort(),
    bodies.sort()
  )
})

test('messages sent ahead of the answers are answered in order', async () => {
  const one = (n: number): Buffer => Buffer.concat([netstring(`body ${n}`), netstring(''), netstring(`Fa\0Tr${n}@x\0\0`)])
  const heard = await talk(Buffer.concat([0, 1, 2, 3, 4].map(one)), 5)
  const ids = heard
    .split(',')
    .slice(0, 5)
    .map((a) => Number(a.split(' ')[1]))
  const recipients = ids.map((id) => /T(.*)\0/.exec(queued(home).find((m) => m.id === id)?.envelope ?? '')?.[1])
  assert.deepEqual(recipients, ['r0@x', 'r1@x', 'r2@x', 'r3@x', 'r4@x'])
})

test('a message cut into single bytes arrives', async () => {
  const socket = await open()
  socket.setNoDelay(true)
  for (const byte of Buffer.concat([netstring('one'), netstring('two'), netstring(''), netstring('Fa\0Tb\0\0')])) {
    socket.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.match(String((await once(socket, 'data'))[0]), /^\d+:0 \d+,$/)
  socket.destroy()
  assert.ok(queued(home)[0]?.message.endsWith('\nonetwo'))
})

for (const [code, envelope] of [
  [91, 'Xa\0\0'],
  [91, 'Fa\0Xb\0\0'],
  [54, 'Fa\0Tb\0'],
  [54, ''],
  [11, `F${'s'.repeat(1003)}\0\0`]
] as const) {
  test(`envelope ${JSON.stringify(envelope.slice(0, 12))}: answer ${code}, nothing left, and the connection goes on`, async () => {
    const good = Buffer.concat([netstring('good'), netstring(''), netstring('Fa\0Tb\0\0')])
    const heard = await talk(Buffer.concat([netstring('bad'), netstring(''), netstring(envelope), good]), 2)
    assert.match(heard, new RegExp(`^\\d+:${code} \\d+,\\d+:0 \\d+,$`))
    assert.equal(queueFiles(home).length, 2)
  })
}

test('a client that goes away mid-message leaves nothing', async () => {
  for (const text of ['', '4:ab', '100000:'.concat('x'.repeat(90_000)), '2:ab,0:,', '2:ab,0:,9:Fa\0T']) {
    const socket = await open()
    socket.end(text)
    await once(socket.resume(), 'close')
  }
  await until('the files to go', () => queueFiles(home).length === 0)
})

test('what is not a netstring closes the connection, and nothing is queued', async () => {
  for (const text of ['GET / HTTP/1.0\r\n\r\n', '3:abc;', '99999999999:']) assert.equal(await talk(text, 1), '')
  assert.deepEqual(queueFiles(home), [])
})

test('an aborted submission leaves nothing; the queue program going away is temporary trouble, code 74', async () => {
  const socket = await open()
  const submission = submitThroughSocket(socket)
  await submission.write(Buffer.alloc(200_000))
  await submission.abort()
  await until('the files to go', () => queueFiles(home).length === 0)
  assert.equal(socket.destroyed, true)
  assert.equal((await submit(socket, Buffer.from('x'))).code, 74)
})

test('qmail-queued is qmailq in every thread, with one group', { skip: needsRoot }, () => {
  const { uid, gid } = suiteUser(home.path, 'qmailq')
  const pid = daemon.child.pid ?? 0
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const status = spawnSync('cat', [`/proc/${pid}/task/${task}/status`]).stdout.toString()
    assert.match(status, new RegExp(`^Uid:\\s${uid}\\s${uid}\\s${uid}\\s${uid}$`, 'm'))
    assert.match(status, new RegExp(`^Groups:\\s${gid} $`, 'm'))
  }
})

test('only its account can reach a submission socket', { skip: needsRoot }, () => {
  const tryAs = (uid: number, folder: 'smtpd' | 'send') =>
    spawnSync(
      home.at('lib', 'node'), // the checkout may lie where other users cannot go
      ['-e', `require('net').connect(${JSON.stringify(socketPath(folder))}).on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))`],
      {
        uid,
        gid: 64_250,
        cwd: '/'
      }
    ).status
  const [qmaild, qmails] = [suiteUser(home.path, 'qmaild').uid, suiteUser(home.path, 'qmails').uid]
  assert.deepEqual([tryAs(qmaild, 'smtpd'), tryAs(qmails, 'send')], [0, 0])
  assert.deepEqual([tryAs(qmails, 'smtpd'), tryAs(qmaild, 'send'), tryAs(64_250, 'smtpd'), tryAs(64_250, 'send')], [1, 1, 1, 1])
})

test('disk trouble is answered with 53 and leaves nothing; the next message gets through', async () => {
  await daemon.stop()
  const limited = await startQueued(home, '/bin/sh', ['-c', `ulimit -f 200; exec "${home.at('bin/qmail-queued')}"`], 'limited')
  const socket = await open()
  assert.equal((await submit(socket, Buffer.alloc(1_000_000))).code, 53)
  assert.deepEqual(queueFiles(home), [])
  assert.equal((await submit(socket, Buffer.from('small'))).code, 0)
  socket.destroy()
  assert.equal(await limited.stop(), 0)
})

test('a second qmail-queued waits for the first to end, and disturbs nothing', async () => {
  const first = await startQueued(home)
  const socket = await open()
  const second = startDaemon(home, 'qmail-queued', [], 'second')
  await until('the second to wait', () => processTree(second.child.pid ?? 0).some((p) => p.name === 'flock'))
  assert.equal((await submit(socket, Buffer.from('x'))).code, 0)
  assert.equal((await submit(await open(), Buffer.from('x'))).code, 0)
  assert.equal(await first.stop(), 0)
  await until(
    'the second to take over',
    () => processOf(second.child.pid ?? 0)?.uids[0] === suiteUser(home.path, 'qmailq').uid && statSync(socketPath('send'), { throwIfNoEntry: false })
  )
  assert.equal(await second.stop(), 0)
})

test('SIGTERM: messages whose envelope is complete are answered, others leave nothing, exit 0', async () => {
  const again = await startQueued(home)
  const idle = await open()
  const half = await open()
  half.write('5:hello,0:,9:Fa\0')
  await until('half a message', () => queueFiles(home).length > 0)
  const busy = await Promise.all(Array.from({ length: 8 }, () => open()))
  const results = busy.map((socket) => submit(socket, Buffer.alloc(500_000, 'z')))
  await Promise.race(results)
  const exit = again.stop()
  const codes = (await Promise.all(results)).map((r) => r.code)
  assert.equal(await exit, 0)
  assert.equal(queued(home).length, codes.filter((code) => code === 0).length)
  assert.equal(queueFiles(home).length, 2 * queued(home).length, 'nothing half done')
  for (const socket of [idle, half, ...busy]) socket.destroy()
})

test('under qmail-start it ends when the pipe to its parent does', async () => {
  const child = spawn(home.at('bin/qmail-queued'), [], { stdio: ['pipe', 'ignore', 'ignore'], env: { PATH: '/usr/bin:/bin', QMAIL_RESIDENT: '1' } })
  await until(
    'the submission sockets',
    () => processOf(child.pid ?? 0)?.uids[0] === suiteUser(home.path, 'qmailq').uid && statSync(socketPath('send'), { throwIfNoEntry: false })
  )
  child.stdin?.destroy()
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('where a folder stands in the place of one of its sockets it goes on without that door, and says so', async () => {
  await daemon.stop()
  rmSync(socketPath('send'), { force: true })
  spawnSync('mkdir', [socketPath('send')])
  writeFileSync(home.at('stuck.log'), '')
  const stuck = startDaemon(home, 'qmail-queued', [], 'stuck')
  await until('qmail-queued to be at work', () => [...(processOf(stuck.child.pid ?? 0)?.fds.values() ?? [])].includes(home.at('drop', 'trigger')))
  assert.match(stuck.log(), /^qmail-queued: alert: unable to remove .*socket: [^\n]+; going on without this door until the next start\n$/)
  assert.equal((await submit(await open('smtpd'), Buffer.from('hi\n'))).code, 0)
  rmSync(socketPath('send'), { recursive: true })
  assert.equal(await stuck.stop(), 0)
})

test('clients that go away after a write error leave no descriptor open', async () => {
  await daemon.stop()
  const limited = await startQueued(home, '/bin/bash', ['-c', 'ulimit -f 100; exec "$0"', home.at('bin/qmail-queued')], 'limited')
  const fds = (): number => readdirSync(`/proc/${limited.child.pid}/fd`).length
  const goAway = async (): Promise<void> => {
    const socket = await open()
    socket.end(`300000:${'x'.repeat(300_000)},2:ab`)
    await once(socket.resume(), 'close')
  }
  const clients = 20
  await goAway() // what it opens with the first of a kind, for good, is open now
  const before = fds()
  for (let n = 0; n < clients; n++) await goAway()
  await until(`fewer than ${before + clients / 2} descriptors, as before these clients (${before})`, () => fds() < before + clients / 2)
  assert.deepEqual(queueFiles(home), [])
})
