import type { Socket } from 'node:net'
import { reason } from '../core/failure.ts'
import { NetstringParser } from '../core/netstring.ts'
import { type AuthAnswer, type AuthRequest, MAX_REQUEST_BYTES, packAnswer, unpackRequest } from '../serve/auth-door.ts'

/** One connection to the door: requests are answered one after another. A malformed one closes it. */
export const serveAuthSession = (socket: Socket, answer: (request: AuthRequest) => Promise<AuthAnswer>, log: (line: string) => void): void => {
  const parser = new NetstringParser(MAX_REQUEST_BYTES)
  const feed = async (chunk: Buffer): Promise<void> => {
    parser.push(chunk)
    for (let data = parser.next(); data; data = parser.next()) {
      const packed = packAnswer(await answer(unpackRequest(data)))
      if (!socket.destroyed) socket.write(packed)
    }
  }
  socket.on('error', () => {}) // it closes; whoever asked is gone
  socket.on('data', (chunk: Buffer) => {
    socket.pause()
    feed(chunk).then(
      () => socket.resume(),
      (error: unknown) => {
        log(`warning: closing a connection: ${reason(error)}`)
        socket.destroy()
      }
    )
  })
}
