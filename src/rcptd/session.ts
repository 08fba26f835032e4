import type { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { NetstringParser } from '../core/netstring.ts'
import { MAX_WIRE_BYTES, packVerdict, unpack, type Verdict } from '../serve/recipient-wire.ts'

/** Questions of one connection that are worked on at a time; more are read when one of them has its answer. */
const MAX_AT_A_TIME = 64

/** Answers one connection's questions. A malformed one closes it. */
export const serveQuestions = (socket: Socket, judge: (recipient: Bytes) => Promise<Verdict>, log: (line: string) => void): void => {
  const parser = new NetstringParser(MAX_WIRE_BYTES)
  let running = 0
  const close = (error: unknown): void => {
    log(`warning: closing a connection: ${reason(error)}`)
    socket.destroy()
  }
  const answer = async (data: Buffer): Promise<void> => {
    const { number, text } = unpack(data)
    const verdict = await judge(text)
    running--
    if (!socket.destroyed) socket.write(packVerdict(number, verdict))
    take()
  }
  const take = (): void => {
    try {
      while (running < MAX_AT_A_TIME) {
        const data = parser.next()
        if (data === undefined) {
          socket.resume()
          return
        }
        running++
        answer(Buffer.from(data)).catch(close)
      }
      socket.pause()
    } catch (error) {
      close(error)
    }
  }
  socket.on('error', () => {}) // it closes; whoever asked is gone
  socket.on('end', () => socket.end())
  socket.on('data', (chunk: Buffer) => {
    parser.push(chunk)
    take()
  })
}
