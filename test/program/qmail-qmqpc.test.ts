import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { startQueued, startServer, until } from '../helpers/suite.ts'

const home = makeHome()
const scratch = mkdtempSync(join(tmpdir(), 'qm-qmqpc-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const file = (name: string, text: string): number => {
  writeFileSync(join(scratch, name), Buffer.from(text, 'latin1'))
  return openSync(join(scratch, name), 'r')
}

/** Runs it with a message and an envelope; its exit code. */
const go = (message = 'mess\nage', envelope = 'Fa@b\0Tc@d\0\0'): Promise<number | null> => {
  const fds = [file('message', message), file('envelope', envelope)]
  const child = spawn(home.at('bin', 'qmail-qmqpc'), [], { stdio: [...fds, 'inherit'], env: { PATH: process.env.PATH ?? '' } })
  for (const fd of fds) closeSync(fd)
  return new Promise((resolve) => child.on('exit', resolve))
}

/** A server that hears a whole request, then answers and closes. */
const server = async (answer: string | undefined, ip = '127.0.0.1'): Promise<{ port: number; heard: string[] }> => {
  const heard: string[] = []
  const listener = createServer((socket) => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (data) => {
      text += data.toString('latin1')
      if (!text.endsWith(',,')) return
      heard.push(text)
      if (answer === undefined) socket.destroy()
      else socket.end(answer)
    })
  })
  after(() => listener.close())
  await new Promise<void>((resolve, reject) => listener.on('error', reject).listen(0, ip, resolve))
  const address = listener.address()
  return { port: typeof address === 'object' && address ? address.port : 0, heard }
}
const servers = (...ports: number[]): void => home.control('qmqpservers', ports.map((port) => `127.0.0.1:${port} comment\n`).join(''))

test('the request is the message and the addresses; the answer is its first letter', async () => {
  for (const [answer, exit] of [
    ['22:Kok 1 qp 2,', 0],
    ['5:Dno (,', 31],
    ['5:Zlater,', 71],
    ['lowercase first, then Z', 71],
    ['no verdict', 74],
    [undefined, 74]
  ] as const) {
    const { port, heard } = await server(answer)
    servers(port)
    assert.equal(await go(), exit, String(answer))
    assert.deepEqual(heard, ['23:8:mess\nage,3:a@b,3:c@d,,'])
  }
})

test('the next server is tried when one cannot be connected to, and only then', async () => {
  const [broken, good] = [await server(undefined), await server('K')]
  servers(await freePort(), good.port, broken.port)
  assert.equal(await go(), 0)
  servers(broken.port, good.port)
  assert.equal(await go(), 74)
  assert.equal(good.heard.length, 1)
  servers(await freePort())
  assert.equal(await go(), 73)
})

test('a server may have an IPv6 address', async (t) => {
  const { port } = await server('K', '::1').catch(() => ({ port: 0 }))
  if (port === 0) return t.skip('this machine has no IPv6')
  for (const line of [`[::1]:${port} comment`, `[::1]:${await freePort()}\n[::1]:${port}`]) {
    home.control('qmqpservers', `${line}\n`)
    assert.equal(await go(), 0, line)
  }
})

test('no servers is 55, before the message is read; a bad envelope 91', async () => {
  const { port, heard } = await server('K')
  home.control('qmqpservers', '# none\nmail.example.org\n300.1.1.1\n')
  assert.equal(await go('m', 'bad'), 55)
  servers(port)
  for (const envelope of ['', '\0', 'Fa@b', 'Fa@b\0Tc@d\0', 'Ta@b\0\0', 'Fa@b\0Xc@d\0\0', 'a\0\0'])
    assert.equal(await go('m', envelope), 91, JSON.stringify(envelope))
  assert.deepEqual(heard, [])
  assert.equal(await go('', 'F\0\0'), 0)
})

test('from qmail-qmqpc by tcpserver and a resident qmail-qmqpd into the queue', async () => {
  const queue = await startQueued(home)
  const { port, daemon } = await startServer(home, 'qmail-qmqpd', ['-w', '1'])
  servers(port)
  assert.equal(await go('Subject: x\n\nby qmqp\n'), 0)
  const [message] = queued(home)
  assert.match(message?.message ?? '', /\nReceived: from unknown \(127\.0\.0\.1\)\n {2}by 0 with QMQP; [^\n]*\nSubject: x\n\nby qmqp\n$/)
  assert.match(message?.envelope ?? '', /Fa@b\0Tc@d\0/)
  await until('the end', () => /end \d+ status 0\n/.test(daemon.log()))
  await daemon.stop()
  await queue.stop()
})
