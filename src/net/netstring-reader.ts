import type { Socket } from 'node:net'
import { NetstringParser } from '../core/netstring.ts'

/** Reads netstrings from a connection, one at a time, and gives it back with what came behind them. */
export class NetstringReader {
  readonly #socket: Socket
  readonly #parser: NetstringParser
  #wait: { resolve: (data: Buffer) => void; reject: (error: unknown) => void } | undefined
  #failure: Error | undefined

  /** `maxBytes`: longer ones are not read. */
  constructor(socket: Socket, maxBytes: number) {
    this.#socket = socket
    this.#parser = new NetstringParser(maxBytes)
    socket.on('data', this.#onData)
    for (const event of ['end', 'error', 'close']) socket.on(event, this.#onEnd)
  }

  /** The next one. Rejects when the connection ends, and with Permanent when what comes is none. There is one such wait at a time. */
  next(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#wait = { resolve, reject }
      this.#look()
    })
  }

  /** From now on nobody listens: the connection is paused. What came behind the last netstring. */
  release(): Buffer {
    this.#socket.pause()
    this.#socket.off('data', this.#onData)
    for (const event of ['end', 'error', 'close']) this.#socket.off(event, this.#onEnd)
    return this.#parser.rest
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#parser.push(chunk)
    this.#look()
  }

  readonly #onEnd = (): void => {
    this.#failure = new Error('the connection ended')
    this.#look()
  }

  #look(): void {
    const wait = this.#wait
    if (wait === undefined) return
    try {
      const data = this.#parser.next()
      if (data === undefined && this.#failure === undefined) return
      this.#wait = undefined
      if (data) wait.resolve(data)
      else wait.reject(this.#failure)
    } catch (error) {
      this.#wait = undefined
      wait.reject(error)
    }
  }
}
