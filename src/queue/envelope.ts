import { readSetting } from '../control/read.ts'
import { QueueExit } from './codes.ts'
import { MAX_ADDRESS_BYTES } from './paths.ts'

const NUL = 0
const LF = 0x0a
const CR = 0x0d
const F = 0x46
const T = 0x54

/** What a complete, or hopeless, envelope comes to: qmail-queue's exit code. */
export type EnvelopeVerdict = typeof QueueExit.ok | typeof QueueExit.badEnvelope | typeof QueueExit.addressTooLong

/** How much one envelope may ask for: everything behind the door works through all of it. */
export interface EnvelopeLimits {
  bytes: number
  recipients: number
}

/** What control/ says. Throws Temporary when it cannot be read. */
export const envelopeLimits = (home: string): EnvelopeLimits => ({
  bytes: readSetting(home, 'envelopebytes') || Number.POSITIVE_INFINITY,
  recipients: readSetting(home, 'envelopercpts') || Number.POSITIVE_INFINITY
})

/**
 * Checks an envelope as it streams by: `F`sender NUL, `T`recipient NUL ..., NUL (spec queue.md 2). Any address bytes but NUL, CR and LF (they
 * would be commands to an SMTP server and header lines of a bounce), up to MAX_ADDRESS_BYTES an address; an envelope above the limits is refused
 * like an address that is too long, for good. What follows the last NUL is never looked at. No verdict at the end of input means that it was cut short (54).
 */
export class EnvelopeChecker {
  /** Undefined until enough has been seen. */
  verdict: EnvelopeVerdict | undefined
  readonly #limits: EnvelopeLimits
  #isFirst = true
  #inAddress = false
  #addressBytes = 0
  #bytes = 0
  #recipients = 0

  constructor(limits: EnvelopeLimits) {
    this.#limits = limits
  }

  /** The records so far, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes the next bytes. Returns how many of them, from the first, are records to keep: the last NUL is not one of them. */
  push(chunk: Buffer): number {
    let at = 0
    while (this.verdict === undefined && at < chunk.length) at = this.#inAddress ? this.#address(chunk, at) : this.#letter(chunk, at)
    this.#bytes += at
    if (this.#bytes > this.#limits.bytes) this.verdict = QueueExit.addressTooLong
    const records = chunk.subarray(0, at)
    if (records.includes(LF) || records.includes(CR)) this.verdict = QueueExit.badEnvelope
    return at
  }

  #letter(chunk: Buffer, at: number): number {
    const byte = chunk[at]
    if (byte === (this.#isFirst ? F : T)) {
      if (!this.#isFirst && ++this.#recipients > this.#limits.recipients) this.verdict = QueueExit.addressTooLong
      this.#isFirst = false
      this.#inAddress = true
      this.#addressBytes = 0
      return at + 1
    }
    this.verdict = byte === NUL && !this.#isFirst ? QueueExit.ok : QueueExit.badEnvelope
    return at
  }

  #address(chunk: Buffer, at: number): number {
    const nul = chunk.indexOf(NUL, at)
    const end = nul < 0 ? chunk.length : nul
    this.#addressBytes += end - at
    if (this.#addressBytes > MAX_ADDRESS_BYTES) this.verdict = QueueExit.addressTooLong
    if (nul < 0) return end
    this.#inAddress = false
    return end + 1
  }
}
