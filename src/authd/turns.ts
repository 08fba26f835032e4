/** Lets so many work at a time and so many more wait. */
export class Turns {
  #free: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []

  constructor(atATime: number, maxWaiting: number) {
    this.#free = atATime
    this.#maxWaiting = maxWaiting
  }

  /** Runs `work` when it is its turn; undefined, at once, when too many wait already. Rejects with what `work` throws. */
  async take<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#free === 0) {
      if (this.#waiting.length >= this.#maxWaiting) return undefined
      await new Promise<void>((resolve) => this.#waiting.push(resolve)) // the turn is handed over, not freed
    } else this.#free--
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}
