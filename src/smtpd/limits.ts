import type { Bytes } from '../core/bytes.ts'
import type { SmtpdSettings } from './settings.ts'

/** So many bytes of a body are progress. */
const PROGRESS_BYTES = 65_536
/** Replies to commands that make no sense: unknown, malformed, out of order. Refusals are none of them. */
const SENSELESS = /^(50[0-4]|555)/

/** How long a session may go on, and how much nonsense it may say (control/maxsession, control/maxerrors). The clock is one that nobody sets. */
export class Limits {
  readonly #maxErrors: number
  readonly #milliseconds: number
  #errors = 0
  #deadline: number
  #bodyBytes = 0

  constructor({ maxErrors, sessionSeconds }: Pick<SmtpdSettings, 'maxErrors' | 'sessionSeconds'>) {
    this.#maxErrors = maxErrors
    this.#milliseconds = sessionSeconds * 1000
    this.#deadline = performance.now() + this.#milliseconds
  }

  /** The last word of a session that has gone too far; undefined while it may go on. */
  get breach(): Bytes | undefined {
    if (this.#errors >= this.#maxErrors) return '421 too many errors (#4.7.0)'
    return performance.now() > this.#deadline ? '421 session lasted too long (#4.4.2)' : undefined
  }

  /** A reply was given. */
  replied(reply: Bytes): void {
    if (SENSELESS.test(reply)) this.#errors++
  }

  /** Bytes of a body came in. */
  received(bytes: number): void {
    this.#bodyBytes += bytes
    if (this.#bodyBytes < PROGRESS_BYTES) return
    this.#bodyBytes = 0
    this.renew()
  }

  /** A message came through: the time starts again. */
  renew(): void {
    this.#deadline = performance.now() + this.#milliseconds
  }
}
