import { Permanent } from './failure.ts'

/** `<length>:<bytes>,` (spec network.md 1.4). */
export const netstring = (data: Buffer | string): Buffer => {
  const body = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
  return Buffer.concat([Buffer.from(`${body.length}:`), body, Buffer.from(',')])
}

/** Cuts netstrings out of a stream of chunks. Framing errors throw Permanent; lengths over `maxBytes` too. */
export class NetstringParser {
  #held: Buffer = Buffer.alloc(0)
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
  }

  /** The next complete netstring, or undefined until more has been pushed. */
  next(): Buffer | undefined {
    const colon = this.#held.subarray(0, 12).indexOf(0x3a)
    if (colon < 0) {
      if (this.#held.length >= 12 || !/^[0-9]*$/.test(this.#held.toString('latin1'))) throw new Permanent('malformed netstring')
      return undefined
    }
    const digits = this.#held.toString('latin1', 0, colon)
    const length = Number(digits)
    if (!/^[0-9]+$/.test(digits) || length > this.#maxBytes) throw new Permanent('malformed netstring')
    const end = colon + 1 + length
    if (this.#held.length <= end) return undefined
    if (this.#held[end] !== 0x2c) throw new Permanent('malformed netstring')
    const body = this.#held.subarray(colon + 1, end)
    this.#held = this.#held.subarray(end + 1)
    return body
  }

  /** What came behind the last netstring. */
  get rest(): Buffer {
    return this.#held
  }
}
