/** Of what is free, a host may have four fifths. */
export const WEIGHT = 4

/** Deliveries at a time to a host of which nothing is known: all that qmail has. */
const START = 20
/** So many failures in a row, and the host is left alone for a while: the first pause, doubled at each failure after it, up to the longest. */
const PATIENCE = 3
const FIRST_PAUSE = 60_000
const LONGEST_PAUSE = 1_800_000

/** What the deliveries to a host have come to: how many it is trusted with at a time, which grows by one with each success and is halved by each failure, and the pause it gets after failures in a row. Times are Unix milliseconds. */
export class Standing {
  /** Deliveries at a time. */
  window = START
  /** It is left alone until then. */
  pauseEnds = 0
  #failures = 0
  /** Deliveries that began before tell nothing new about a failure. */
  #troubleSince = 0

  /** Has it failed at last? */
  get isInTrouble(): boolean {
    return this.#failures > 0
  }

  succeeds(): void {
    this.window++
  }

  /** A delivery that began at `startedAt` has found it in trouble. */
  fails(startedAt: number, now: number): void {
    if (startedAt < this.#troubleSince) return
    this.#failures++
    this.window = Math.max(1, this.window >> 1)
    if (this.#failures < PATIENCE) return
    this.window = 1
    this.#troubleSince = now
    this.pauseEnds = now + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#failures - PATIENCE))
  }

  /** Its failures are forgotten. */
  forgive(): void {
    this.#failures = 0
    this.window = START
    this.pauseEnds = 0
  }
}
