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

  /** Holds nothing any more. */
  release(): void {
    this.#budget.give(this.#held)
    this.#held = 0
  }
}
