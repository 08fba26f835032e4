/** More than a clock that is being adjusted may differ between two looks. */
const JUMP_SECONDS = 30

/** The time of day beside a clock that nobody sets, both in milliseconds. */
export interface Clocks {
  day(): number
  steady(): number
}

const SYSTEM: Clocks = { day: () => Date.now(), steady: () => performance.now() }

/** Notices when the time of day is set. */
export class ClockWatch {
  readonly #clocks: Clocks
  #difference: number

  constructor(clocks = SYSTEM) {
    this.#clocks = clocks
    this.#difference = this.#now()
  }

  #now(): number {
    return this.#clocks.day() - this.#clocks.steady()
  }

  /** By how many seconds it was set since the last look: forward (a machine that has slept finds it so too), or back (negative); 0: it goes as it should. */
  look(): number {
    const difference = this.#now()
    const seconds = Math.round((difference - this.#difference) / 1000)
    this.#difference = difference
    return Math.abs(seconds) < JUMP_SECONDS ? 0 : seconds
  }
}
