import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { submitThroughSocket } from '../../src/submit/socket.ts'
import { makeHome } from '../helpers/home.ts'
import { queued, queueFiles } from '../helpers/queue-files.ts'
import { startQueued, until } from '../helpers/suite.ts'

const home = makeHome()
const socketPath = home.at('run/smtpd/socket')
const CLIENTS = 12
const LIVES = 8
/** Small ones take the fast path, large ones are streamed. */
const bodyOf = (n: number): string => `${`line of message ${n}\n`.repeat(n % 5 === 0 ? 10_000 : 100)}end ${n}\n`

test('qmail-queued killed at any moment: every acknowledged message is in todo/, once and whole, and nothing there is torn', async () => {
  const acknowledged = new Map<number, number>()
  let next = 0
  let isOver = false
  const client = async (): Promise<void> => {
    while (!isOver) {
      const socket = connect(socketPath)
      socket.on('error', () => {})
      const isConnected = await once(socket, 'connect').then(
        () => true,
        () => false
      )
      while (isConnected && !socket.destroyed && !isOver) {
        const n = next++
        const submission = submitThroughSocket(socket)
        await submission.write(Buffer.from(bodyOf(n)))
        const { code, qp } = await submission.finish('a@b', [`r${n}@example.org`])
        if (code === 0) acknowledged.set(n, qp)
        else assert.equal(code, 74, 'only the lost connection is to blame')
      }
      socket.destroy()
      await delay(5)
    }
  }
  let daemon = await startQueued(home)
  const clients = Array.from({ length: CLIENTS }, client)
  for (let life = 0; life < LIVES; life++) {
    const had = acknowledged.size
    await until('some messages', () => acknowledged.size > had + 20)
    await delay(Math.random() * 60)
    await daemon.stop('SIGKILL')
    daemon = await startQueued(home)
  }
  isOver = true
  await Promise.all(clients)
  assert.equal(await daemon.stop(), 0)
  const found = new Map(queued(home).map((m) => [Number(/Tr(\d+)@/.exec(m.envelope)?.[1]), m] as const))
  for (const [n, m] of found) {
    assert.equal(m.message.slice(m.message.indexOf('\n') + 1), bodyOf(n), `message ${n} is torn`)
    assert.match(m.envelope, new RegExp(`^u\\d+\\0p${m.id}\\0Fa@b\\0Tr${n}@example\\.org\\0$`))
  }
  assert.equal(found.size, queueFiles(home, ['todo']).length, 'no message is there twice')
  for (const [n, qp] of acknowledged) assert.equal(found.get(n)?.id, qp, `message ${n} was acknowledged`)
})
