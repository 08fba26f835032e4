import { type Kind, PAGE_BYTES, packHead, packNumbers, pageAt } from '../../src/log/format.ts'

export const SEGMENT_BYTES = 64 * PAGE_BYTES

/** A segment of the commit log, written as qmail-queued does. */
export class Draft {
  readonly bytes: Buffer
  readonly epoch: number
  readonly nonce: Buffer
  live: number
  #sequence = 0
  #index = 0
  #at = 0

  constructor(epoch: number, live = epoch, over: Buffer = Buffer.alloc(SEGMENT_BYTES)) {
    this.bytes = over
    this.epoch = epoch
    this.live = live
    this.nonce = Buffer.from(`nonce${String(epoch).padStart(3, '0')}`)
    this.#put('head', 0, [])
    this.page()
  }

  /** What comes next is another batch. */
  page(): this {
    this.#at = pageAt(this.#at)
    this.#index = 0
    return this
  }

  message(number: number, text: string): this {
    return this.#put('message', number, [Buffer.from(`u1\0p2\0Fs${number}\0Tr\0`), Buffer.from(text)])
  }

  done(...numbers: number[]): this {
    return this.#put('done', numbers.length, [packNumbers(numbers)])
  }

  /** Where the last record begins. */
  last = 0

  #put(kind: Kind, number: number, payload: Buffer[]): this {
    const payloadBytes = payload.reduce((sum, piece) => sum + piece.length, 0)
    const envelopeBytes = kind === 'message' ? (payload[0]?.length ?? 0) : 0
    const head = {
      kind,
      nonce: this.nonce,
      epoch: this.epoch,
      live: this.live,
      sequence: this.#sequence++,
      index: this.#index++,
      number,
      payloadBytes,
      envelopeBytes,
      time: 5
    }
    this.last = this.#at
    for (const piece of [packHead(head, payload), ...payload]) {
      piece.copy(this.bytes, this.#at)
      this.#at += piece.length
    }
    return this
  }
}
