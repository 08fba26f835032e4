import { Permanent } from './failure.ts'

/** `<length>:<bytes>,` (spec network.md 1.4). */
export const netstring = (data: Buffer | string): Buffer => {
  const body = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
  return Buffer.concat([Buffer.from(`${body.length}:`), body, Buffer.from(',')])
}

const COMMA = 0x2c
const COLON = 0x3a
const MAX_HEAD_BYTES = 12
const NOTHING = Buffer.alloc(0)

/** Cuts netstrings out of a stream of chunks. Framing errors throw Permanent; lengths over `maxBytes` too. No byte is copied more than twice, however long a netstring is. */
export class NetstringParser {
  readonly #maxBytes: number
  readonly #isBorrowed: boolean
  #held: Buffer = NOTHING
  /** Of the netstring that has begun and is not complete: its length as it stood there, and its bytes so far, with room for all and the comma. */
  #head = ''
  #body: Buffer | undefined
  #filled = 0

  /** `isBorrowed`: chunks are the caller's again after `push`. If not, what `next` gives may be parts of them. */
  constructor(maxBytes: number, isBorrowed = false) {
    this.#maxBytes = maxBytes
    this.#isBorrowed = isBorrowed
  }

  push(chunk: Buffer): void {
    const rest = this.#fill(chunk)
    if (rest.length === 0) return
    const kept = this.#isBorrowed ? Buffer.from(rest) : rest
    this.#held = this.#held.length === 0 ? kept : Buffer.concat([this.#held, kept])
  }

  /** The next complete netstring, or undefined until more has been pushed. */
  next(): Buffer | undefined {
    if (this.#body !== undefined) return this.#finished(this.#body)
    const colon = this.#held.subarray(0, MAX_HEAD_BYTES).indexOf(COLON)
    if (colon < 0) {
      if (this.#held.length >= MAX_HEAD_BYTES || !/^[0-9]*$/.test(this.#held.toString('latin1'))) throw new Permanent('malformed netstring')
      return undefined
    }
    const digits = this.#held.toString('latin1', 0, colon)
    const length = Number(digits)
    if (!/^[0-9]+$/.test(digits) || length > this.#maxBytes) throw new Permanent('malformed netstring')
    const end = colon + 1 + length
    if (this.#held.length <= end) {
      this.#begin(digits, length)
      return undefined
    }
    if (this.#held[end] !== COMMA) throw new Permanent('malformed netstring')
    const body = this.#held.subarray(colon + 1, end)
    this.#held = this.#held.subarray(end + 1)
    return body
  }

  /** What came behind the last netstring. */
  get rest(): Buffer {
    return this.#body === undefined ? this.#held : Buffer.concat([Buffer.from(`${this.#head}:`), this.#body.subarray(0, this.#filled), this.#held])
  }

  #begin(digits: string, length: number): void {
    const begun = this.#held.subarray(digits.length + 1)
    this.#held = NOTHING
    this.#head = digits
    this.#body = Buffer.allocUnsafe(length + 1)
    this.#filled = 0
    this.#fill(begun)
  }

  /** Takes what is still missing of the netstring that has begun; what is left of the chunk. */
  #fill(chunk: Buffer): Buffer {
    if (this.#body === undefined) return chunk
    const taken = chunk.copy(this.#body, this.#filled)
    this.#filled += taken
    return chunk.subarray(taken)
  }

  #finished(body: Buffer): Buffer | undefined {
    if (this.#filled < body.length) return undefined
    if (body[body.length - 1] !== COMMA) throw new Permanent('malformed netstring')
    this.#body = undefined
    return body.subarray(0, -1)
  }
}
