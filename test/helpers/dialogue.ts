import { connect, type Socket } from 'node:net'
import { after } from 'node:test'
import { PATIENCE_SECONDS } from './wait.ts'

/** A raw client of a TCP server on 127.0.0.1. */
export interface Client {
  socket: Socket
  /** Everything heard so far. */
  heard: () => string
  /** Sends bytes. */
  say: (text: string) => void
  /** Waits until what was heard matches; fails when the connection ends, or `seconds` pass, without. */
  until: (pattern: RegExp, seconds?: number) => Promise<string>
  /** Waits for the other side to close; all that was heard. */
  closed: () => Promise<string>
}

/** Connects. The connection is destroyed when the test file ends. */
export const client = (port: number, options: { allowHalfOpen?: boolean; localAddress?: string } = {}): Client => {
  const socket = connect({ port, host: '127.0.0.1', ...options })
  let heard = ''
  let isClosed = false
  const waiting: (() => void)[] = []
  const wake = (): void => {
    for (const go of waiting.splice(0)) go()
  }
  socket.on('error', () => {})
  socket.on('data', (data) => {
    heard += data.toString('latin1')
    wake()
  })
  const onEnd = (): void => {
    isClosed = true
    wake()
  }
  socket.on('end', onEnd)
  socket.on('close', onEnd)
  after(() => socket.destroy())
  const wait = async (isDone: () => boolean, what: string, seconds: number): Promise<string> => {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      wake()
    }, seconds * 1000)
    while (!isDone() && !isClosed && !isLate) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
      })
    }
    clearTimeout(timer)
    if (!isDone()) throw new Error(`no ${what} in ${JSON.stringify(heard)}`)
    return heard
  }
  return {
    socket,
    heard: () => heard,
    say: (text) => void socket.write(Buffer.from(text, 'latin1')),
    until: (pattern, seconds = PATIENCE_SECONDS) => wait(() => pattern.test(heard), String(pattern), seconds),
    closed: () => wait(() => isClosed, 'end', PATIENCE_SECONDS)
  }
}

/** What a server offers after EHLO, as it says it. */
export const offered = async (port: number): Promise<string> => {
  const c = client(port)
  await c.until(/^220 /)
  c.say('EHLO x\r\n')
  const said = await c.until(/\n250 .*\r\n/)
  c.socket.destroy()
  return said
}
