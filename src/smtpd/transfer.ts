import type { Bytes } from '../core/bytes.ts'
import { verdict } from '../queue/codes.ts'
import type { Submission } from '../submit/submission.ts'
import type { BodyStatus } from './body.ts'
import { HopCounter, MAX_HOPS } from './hops.ts'
import type { Envelope } from './state.ts'

export const TOO_BIG = '552 sorry, that message size exceeds my databytes limit (#5.3.4)'

/** Takes the line ends off that the wire has, chunk by chunk. */
export interface Decoder {
  /** How many bytes of the last chunk belonged to the body. */
  readonly consumed: number
  /** Takes a chunk, which it may overwrite, and hands the decoded pieces to `put`, which may keep them. */
  push(chunk: Buffer, put: (piece: Buffer) => void): BodyStatus
  /** The body is over, where only others can tell. */
  end?(put: (piece: Buffer) => void): void
}

/** One message between DATA and its verdict: decodes the body into a submission, minding the limits (spec network.md 4.5). */
export class Transfer {
  readonly #submission: Submission
  readonly #maxBytes: number
  readonly #decoder: Decoder
  readonly #hops = new HopCounter()
  #bytes = 0
  #wait: Promise<void> | undefined

  /** `received` is the field that goes before the message; it does not count towards `maxBytes`. */
  constructor(submission: Submission, received: Bytes, maxBytes: number, decoder: Decoder) {
    this.#decoder = decoder
    this.#submission = submission
    this.#maxBytes = maxBytes
    this.#hand(Buffer.from(received, 'latin1'))
  }

  /** How many bytes the message has. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many bytes of the last chunk belonged to the body. */
  get consumed(): number {
    return this.#decoder.consumed
  }

  /** Takes the next chunk, which is overwritten. */
  push(chunk: Buffer): BodyStatus {
    this.#hops.push(chunk)
    return this.#decoder.push(chunk, this.#put)
  }

  /** The body is over: what the decoder held back comes now. */
  end(): void {
    this.#decoder.end?.(this.#put)
  }

  /** What to wait for before the next push, if anything. */
  takeWait(): Promise<void> | undefined {
    const wait = this.#wait
    this.#wait = undefined
    return wait
  }

  /** The body is complete: the reply to it, after the message is in the queue or given up. Loop, then size, then the queue decide. */
  async finish({ sender, recipients, notes }: Pick<Envelope, 'sender' | 'recipients' | 'notes'>, now: () => number): Promise<Bytes> {
    const isLoop = this.#hops.hops >= MAX_HOPS
    if (isLoop || this.#bytes > this.#maxBytes) {
      await this.#submission.abort()
      return isLoop ? '554 too many hops, this message is looping (#5.4.6)' : TOO_BIG
    }
    const result = await this.#submission.finish(sender, recipients, notes)
    const judged = verdict(result)
    if (judged.kind === 'ok') return `250 ok ${Math.floor(now() / 1000)} qp ${result.qp}`
    return `${judged.kind === 'permanent' ? '554' : '451'} ${judged.text}`
  }

  /** Gives the message up: nothing is queued. */
  abort(): Promise<void> {
    return this.#submission.abort()
  }

  readonly #put = (piece: Buffer): void => {
    this.#bytes += piece.length
    if (this.#bytes <= this.#maxBytes && this.#hops.hops < MAX_HOPS) this.#hand(piece)
  }

  #hand(piece: Buffer): void {
    const wait = this.#submission.write(piece)
    if (wait) this.#wait = this.#wait ? this.#wait.then(() => wait) : wait
  }
}
