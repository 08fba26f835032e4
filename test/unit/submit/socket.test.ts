import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { submitThroughSocket } from '../../../src/submit/socket.ts'
import { until, untilClosed } from '../../helpers/wait.ts'

const folder = mkdtempSync(join(tmpdir(), 'queue-socket-'))
after(() => rmSync(folder, { recursive: true }))
let count = 0

/** A connection to a server that does as the test says. */
const connected = async (serve: (server: Socket) => void): Promise<Socket> => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    serve(socket)
  })
  const path = join(folder, String(++count))
  server.listen(path)
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const socket = connect(path)
  await Promise.all([once(socket, 'connect'), accepted])
  server.close()
  return socket
}
const hear = (socket: Socket): { text: () => string } => {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  return { text: () => text }
}

test('a small message leaves as one netstring, an empty one and the envelope; the socket can be used again', async () => {
  let heard = { text: () => '' }
  const socket = await connected((server) => {
    heard = hear(server)
    let answered = 0
    server.on('data', () => {
      for (const asked = heard.text().split('\0\0,').length - 1; answered < asked; ) server.write(`4:0 ${++answered}0,`)
    })
  })
  for (const qp of [10, 20]) {
    const submission = submitThroughSocket(socket)
    assert.equal(submission.write(Buffer.from('Subject: x\n')), undefined)
    submission.write(Buffer.from('\nhi\n'))
    assert.deepEqual(await submission.finish('a@b', ['c@d', 'e@f']), { code: 0, text: '', qp, weFailed: false })
  }
  assert.equal(heard.text(), '15:Subject: x\n\nhi\n,0:,16:Fa@b\0Tc@d\0Te@f\0\0,'.repeat(2))
  assert.deepEqual(
    (['data', 'close', 'error', 'drain'] as const).map((event) => socket.listenerCount(event)),
    [0, 0, 0, 0],
    'no listener is left'
  )
  socket.destroy()
})

test('an empty message has no netstring before the one that ends it', async () => {
  let heard = { text: () => '' }
  const socket = await connected((server) => {
    heard = hear(server)
    server.on('data', () => server.write('3:0 1,'))
  })
  assert.equal((await submitThroughSocket(socket).finish('', [])).code, 0)
  assert.equal(heard.text(), '0:,3:F\0\0,')
  socket.destroy()
})

test('a server that does not read makes the caller wait, and is waited for', async () => {
  let release = (): void => {}
  const socket = await connected((server) => {
    server.pause()
    release = () => {
      server.on('data', (chunk: Buffer) => chunk.subarray(-3).equals(Buffer.from('\0\0,')) && server.write('3:0 1,'))
      server.resume()
    }
  })
  const submission = submitThroughSocket(socket)
  let wait: Promise<void> | undefined
  let sent = 0
  while (!wait) {
    wait = submission.write(Buffer.alloc(65_536))
    assert.ok(++sent < 1000, 'there is a limit to what is taken without waiting')
  }
  release()
  await wait
  assert.equal((await submission.finish('a', ['b'])).code, 0)
  socket.destroy()
})

const wrong: [why: string, serve: (server: Socket) => void][] = [
  ['closes without an answer', (server) => server.on('data', () => server.end())],
  ['answers with half a netstring and closes', (server) => server.on('data', () => server.end('3:0 1'))],
  ['answers with something else', (server) => server.on('data', () => server.write('HTTP/1.0 200,'))],
  ['answers with a wrong length', (server) => server.on('data', () => server.write('9:0 1,'))],
  ['answers on and on', (server) => server.on('data', () => server.write('0'.repeat(1000)))],
  ['says success before it has been asked', (server) => server.write('3:0 1,')],
  ['is gone at once', (server) => server.destroy()]
]
for (const [why, serve] of wrong) {
  test(`a server that ${why}: code 74, never success`, async () => {
    const socket = await connected(serve)
    const submission = submitThroughSocket(socket)
    submission.write(Buffer.from('x'))
    if (why.startsWith('says success')) await untilClosed(socket)
    assert.equal((await submission.finish('a', ['b'])).code, 74)
    assert.equal(socket.destroyed, true)
  })
}

test('a server that dies while the caller waits for it to read lets go of the caller', async () => {
  let die = (): void => {}
  const socket = await connected((server) => {
    server.pause()
    die = () => void server.destroy()
  })
  const submission = submitThroughSocket(socket)
  let wait: Promise<void> | undefined
  while (!wait) wait = submission.write(Buffer.alloc(65_536))
  setImmediate(die)
  await wait
  assert.equal((await submission.finish('a', ['b'])).code, 74)
})

const memory = (): number => {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

test('after the connection is lost, the rest of the message is not kept', async () => {
  const socket = await connected((server) => server.destroy())
  const submission = submitThroughSocket(socket)
  await untilClosed(socket)
  const before = memory()
  for (let n = 0; n < 400; n++) await submission.write(Buffer.alloc(65_536))
  await until('the memory to be free', () => memory() - before < 5_000_000) // freed chunks are counted until they are swept
  assert.equal((await submission.finish('a@b', ['c@d'])).code, 74)
})

test('a message that comes a byte at a time costs no more than its bytes', async () => {
  const submission = submitThroughSocket(await connected(() => {}))
  const before = memory()
  for (let n = 0; n < 60_000; n++) submission.write(Buffer.from(new Uint8Array(1).fill(120).buffer))
  await until('no more than its bytes', () => memory() - before < 1_000_000)
  await submission.abort()
})
