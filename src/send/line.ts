import { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'

/**
 * The two descriptors to one neighbour, pipes or sockets. What is said goes out when the turn is over, and never blocks; what is
 * heard waits until the loop takes it.
 */
export class Line {
  readonly #out: Socket
  #said = ''
  #heard: Buffer[] = []
  /** The neighbour has gone: its end is closed, or nothing can be said to it. */
  isClosed = false

  /** `wake` is called whenever there is something to take, or the line is closed. */
  constructor(outFd: number, inFd: number, wake: () => void) {
    const close = (): void => {
      if (this.isClosed) return
      this.isClosed = true
      wake()
    }
    this.#out = new Socket({ fd: outFd, readable: false, writable: true })
    this.#out.on('error', close)
    const from = new Socket({ fd: inFd, readable: true, writable: false })
    from.on('error', close).on('end', close).on('close', close)
    from.on('data', (chunk: Buffer) => {
      this.#heard.push(chunk)
      wake()
    })
  }

  say(text: Bytes): void {
    this.#said += text
  }

  /** Sends what was said since the last time. */
  flush(): void {
    if (this.#said === '') return
    if (!this.isClosed) this.#out.write(this.#said, 'latin1')
    this.#said = ''
  }

  /** What was heard since the last time; undefined if nothing. */
  take(): Buffer | undefined {
    if (this.#heard.length === 0) return undefined
    const chunks = this.#heard
    this.#heard = []
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
  }
}
