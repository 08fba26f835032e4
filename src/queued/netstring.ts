import { Permanent } from '../core/failure.ts'

const COLON = 0x3a
const COMMA = 0x2c
const ZERO = 0x30
const NINE = 0x39
/** Far more than an envelope with every recipient of a big list needs; contents are streamed, so this guards against nonsense only. */
const MAX_BYTES = 1_000_000_000

/** Whoever reads a stream of netstrings. */
export interface NetstringReader {
  /** The next bytes of the netstring that is going on. */
  piece(bytes: Buffer): void
  /** It is complete; `length` is its whole length. Returns false to pause the stream: the rest is kept until resume. */
  end(length: number): boolean
}

/** Cuts a stream of netstrings into pieces as they come, so that long ones are never held. */
export class NetstringStream {
  readonly #reader: NetstringReader
  #phase: 'length' | 'body' | 'comma' = 'length'
  #hasDigit = false
  #length = 0
  #left = 0

  constructor(reader: NetstringReader) {
    this.#reader = reader
  }

  /** Takes a chunk. Returns what is left of it when the reader paused, undefined when all is taken. Throws Permanent if it is not a netstring. */
  push(chunk: Buffer): Buffer | undefined {
    let at = 0
    while (at < chunk.length) {
      if (this.#phase === 'body') at = this.#body(chunk, at)
      else if (this.#phase === 'length') this.#digit(chunk[at++])
      else if (!this.#comma(chunk[at++])) return at < chunk.length ? chunk.subarray(at) : undefined
    }
    return undefined
  }

  #digit(byte: number | undefined): void {
    if (byte !== undefined && byte >= ZERO && byte <= NINE) {
      this.#hasDigit = true
      this.#length = this.#length * 10 + byte - ZERO
      if (this.#length > MAX_BYTES) throw new Permanent('netstring too long')
    } else if (byte === COLON && this.#hasDigit) {
      this.#left = this.#length
      this.#phase = this.#left === 0 ? 'comma' : 'body'
    } else throw new Permanent('malformed netstring')
  }

  #body(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left)
    this.#left -= end - at
    if (this.#left === 0) this.#phase = 'comma'
    this.#reader.piece(chunk.subarray(at, end))
    return end
  }

  #comma(byte: number | undefined): boolean {
    if (byte !== COMMA) throw new Permanent('malformed netstring')
    const length = this.#length
    this.#phase = 'length'
    this.#hasDigit = false
    this.#length = 0
    return this.#reader.end(length)
  }
}
