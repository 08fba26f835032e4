import { fstatSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'

/** The client is gone, or was silent for too long. */
export class Gone extends Error {}

/** Longer lines end the conversation; name and password together fit into the smallest pipe. */
const MAX_LINE_BYTES = 1900
const LF = 0x0a

/**
 * Lines from a descriptor, to their last byte and no further: what follows is for the program that gets the descriptor next. So a byte is read at a time,
 * which is fine for the few lines of a login.
 */
export class LineSource {
  readonly #fd: number
  readonly #seconds: number
  readonly #socket: Socket | undefined
  #line: number[] = []
  #isOver = false
  #wake: (() => void) | undefined

  /** `seconds`: the longest silence; `isDuplex`: the descriptor is also for writing, through `duplex`. */
  constructor(fd: number, seconds: number, isDuplex = false) {
    this.#fd = fd
    this.#seconds = seconds
    const kind = fstatSync(fd)
    if (!kind.isSocket() && !kind.isFIFO()) return
    this.#socket = new Socket({ fd, readable: true, writable: isDuplex, onread: { buffer: Buffer.alloc(1), callback: this.#onByte } })
    for (const event of ['end', 'close', 'error']) this.#socket.on(event, this.#onEnd)
  }

  /** To write to the same descriptor; undefined where it is a file. */
  get duplex(): Socket | undefined {
    return this.#socket
  }

  readonly #onEnd = (): void => {
    this.#isOver = true
    this.#wake?.()
  }

  /** Takes a byte in; false stops reading. */
  readonly #onByte = (length: number, buffer: Uint8Array): boolean => {
    if (length > 0) this.#line.push(buffer[0] ?? 0)
    const isLine = this.#isLine()
    if (isLine) this.#wake?.()
    return !isLine
  }

  #isLine(): boolean {
    return this.#line.at(-1) === LF || this.#line.length > MAX_LINE_BYTES
  }

  /** The next line, with its LF. Throws Gone. */
  async next(): Promise<Bytes> {
    this.#line = []
    if (this.#socket) await this.#fromSocket(this.#socket)
    else this.#fromFile()
    if (this.#line.at(-1) !== LF) throw new Gone('no further line')
    return Buffer.from(this.#line).toString('latin1')
  }

  async #fromSocket(socket: Socket): Promise<void> {
    const timer = setTimeout(this.#onEnd, this.#seconds * 1000)
    while (!this.#isLine() && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        socket.resume()
      })
    }
    clearTimeout(timer)
  }

  #fromFile(): void {
    const byte = Buffer.alloc(1)
    while (!this.#isLine() && readSync(this.#fd, byte) === 1) this.#line.push(byte[0] ?? 0)
  }
}
