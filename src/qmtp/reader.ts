import type { Readable } from 'node:stream'
import { Permanent, Temporary } from '../core/failure.ts'

/** The client said no more, in the middle of something or not. */
export class Ended extends Error {}

const COLON = 0x3a
const COMMA = 0x2c
const ZERO = 0x30
/** A length so far that takes no further digit (spec network.md 1.4). */
const MAX_LENGTH = 200_000_000

/**
 * The bytes of a client, as they are asked for: chunks are only taken in when somebody waits for them, so what a client sends ahead stays with the
 * system. Framing errors throw Permanent, lengths beyond all reason Temporary, and the end of it all Ended.
 */
export class ByteReader {
  readonly #input: Readable
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  #end: Error | undefined
  #wake: (() => void) | undefined

  constructor(input: Readable) {
    this.#input = input
    input.on('data', this.#onData)
    input.pause()
    for (const event of ['end', 'close', 'error']) input.on(event, () => this.stop(new Ended('end of input')))
  }

  /** From now on there is nothing more to read, because of this. */
  stop(why: Error): void {
    this.#end ??= why
    this.#wake?.()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunk = this.#at === this.#chunk.length ? chunk : Buffer.concat([this.#chunk.subarray(this.#at), chunk])
    this.#at = 0
    this.#input.pause()
    this.#wake?.()
  }

  /** Waits until there is at least a byte. */
  async #some(): Promise<void> {
    while (this.#at === this.#chunk.length) {
      if (this.#end) throw this.#end
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        this.#input.resume()
      })
      this.#wake = undefined
    }
    if (this.#end instanceof Temporary) throw this.#end
  }

  /** Is there a byte that need not be waited for? */
  get isReady(): boolean {
    return this.#at < this.#chunk.length
  }

  async byte(): Promise<number> {
    if (this.#at === this.#chunk.length) await this.#some()
    return this.#chunk[this.#at++] ?? 0
  }

  /** What there is, up to so many bytes, at least one; it is the caller's to keep. */
  async upTo(most: number): Promise<Buffer> {
    await this.#some()
    const part = this.#chunk.subarray(this.#at, this.#at + most)
    this.#at += part.length
    return part
  }

  /** The length a netstring begins with, and its colon; `left` tells how many bytes it may take altogether. Returns the length, and the bytes used. */
  async length(left = Number.POSITIVE_INFINITY): Promise<{ length: number; used: number }> {
    let length = 0
    for (let used = 1; used <= left; used++) {
      const byte = await this.byte()
      if (byte === COLON) return { length, used }
      if (length > MAX_LENGTH) throw new Temporary('a length beyond all reason')
      if (byte < ZERO || byte > COLON - 1) throw new Permanent('a netstring without a length')
      length = length * 10 + byte - ZERO
    }
    throw new Permanent('a netstring longer than what it is in')
  }

  /** The comma that ends a netstring. */
  async comma(): Promise<void> {
    if ((await this.byte()) !== COMMA) throw new Permanent('a netstring without its end')
  }

  /** So many bytes as text, if they are fewer than `limit`; undefined: they are too many, or hold a NUL, and have been passed over. */
  async text(length: number, limit: number): Promise<string | undefined> {
    let text = ''
    for (let left = length; left > 0; ) {
      const part = await this.upTo(left)
      left -= part.length
      if (length < limit) text += part.toString('latin1')
    }
    return length < limit && !text.includes('\0') ? text : undefined
  }
}
