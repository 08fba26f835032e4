import { createServer, type Server, type Socket } from 'node:net'
import { NetstringParser } from '../../src/core/netstring.ts'
import { parseTodo } from '../../src/queue/todo.ts'
import type { Home } from './home.ts'

/** A message qmail-send hands to the queue: a bounce or a notice. */
export interface HandedOver {
  body: string
  sender: string
  recipient: string
}

/** Plays qmail-queued's submission socket for qmail-send: `take` gets each message and returns its exit code, before qmail-send hears it. */
export const serveDoor = async (home: Home, take: (message: HandedOver) => number): Promise<Server> => {
  let qp = 100
  const serve = (socket: Socket): void => {
    const parser = new NetstringParser(1 << 26)
    const pieces: Buffer[] = []
    let isMessageOver = false
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      parser.push(chunk)
      for (let piece = parser.next(); piece !== undefined; piece = parser.next()) {
        if (isMessageOver) {
          const { sender = '', recipients } = parseTodo(piece.toString('latin1').replace(/\0\0$/, '\0'))
          const code = take({ body: Buffer.concat(pieces).toString('latin1'), sender, recipient: recipients[0] ?? '' })
          const answer = `${code} ${++qp}`
          socket.write(`${answer.length}:${answer},`)
        } else if (piece.length === 0) isMessageOver = true
        else pieces.push(Buffer.from(piece))
      }
    })
  }
  const server = createServer(serve)
  await new Promise<void>((resolve) => server.listen(home.at('run/send/socket'), () => resolve()))
  home.beforeRemoval(() => server.close())
  return server
}
