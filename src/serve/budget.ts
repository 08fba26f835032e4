/** All sessions of a process together: of SMTP 50 at their limit of recipients, or 2,000 bodies at a time. */
export const MAX_HELD_BYTES = 1 << 27
/** What a recipient costs beside its text, which is there twice at the end: as text, and in the envelope. */
const RECIPIENT_BYTES = 64

/**
 * What all sessions of a process may hold in memory together, in bytes: recipients, unfinished lines, bodies on their way to the queue. Whoever finds it used
 * up asks the client to try again later; without it, one client could take the memory, and with it the sessions, of all others.
 */
export class Budget {
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  /** Takes so many bytes, if there are that many. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }

  give(bytes: number): void {
    this.#left += bytes
  }
}

/** What one client holds of it. */
export class Share {
  readonly #budget: Budget
  #held = 0

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /** Holds so many more bytes; false, and nothing is taken, when there are not that many. */
  take(bytes: number): boolean {
    if (!this.#budget.take(bytes)) return false
    this.#held += bytes
    return true
  }

  /** Holds a recipient; false when there is no room. */
  takeRecipient(recipient: string): boolean {
    return this.take(RECIPIENT_BYTES + 2 * recipient.length)
  }

  /** Holds nothing any more. */
  release(): void {
    this.#budget.give(this.#held)
    this.#held = 0
  }
}
