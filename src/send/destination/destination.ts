import type { Claim } from '../shares.ts'

/** What an administrator allows (control/destinations): deliveries at a time, and starts a minute. */
export interface Limits {
  concurrency: number
  perMinute: number
}

export const NO_LIMITS: Limits = { concurrency: Number.POSITIVE_INFINITY, perMinute: Number.POSITIVE_INFINITY }

/** What a report tells about the host: it took the message; it was there; it could not be had; nothing. */
export type Word = 'success' | 'answered' | 'trouble' | 'nothing'

/** Deliveries at a time to a host of which nothing is known: all that qmail has. */
const START = 20
/** So many failures in a row, and the host is left alone for a while: the first pause, doubled at each failure after it, up to the longest. */
const PATIENCE = 3
const FIRST_PAUSE = 60_000
const LONGEST_PAUSE = 1_800_000
/** A host that lets us wait for so long is slow. */
const SLOW = 30_000

/** Of what is free, a host in trouble may have a third, any other one four fifths. */
const DOUBTFUL_WEIGHT = 0.5
export const WEIGHT = 4
/** The last fifth of the slots is left to hosts that are known to work; half of them, when it is about hosts in trouble. */
const UNKNOWN: Claim = { key: '?unknown', weight: 4 }
const DOUBTFUL: Claim = { key: '?doubtful', weight: 1 }

/** A delivery under way, as a destination sees it. */
export interface Visit {
  startedAt: number
}

/**
 * A host that mail goes to, or the relay for it: its share of the slots (a claim), which grows by one with each success and is halved by each
 * failure of the host; the pause it gets after failures in a row; and its limits. Times are Unix milliseconds.
 */
export class Destination implements Claim {
  readonly name: string
  readonly key: string
  /** Counts destinations. */
  readonly number: number
  readonly #visits = new Set<Visit>()
  #limits: Limits
  #window = START
  #failures = 0
  #isKnown = false
  #isSlow = false
  #isOld = true
  /** Deliveries that began before tell nothing new about a failure. */
  #troubleSince = 0
  /** Recipients of a message it takes at a time, as far as it has said. */
  together = Number.POSITIVE_INFINITY
  /** The host is left alone until then. */
  pauseEnds = 0
  /** Its pace allows the next delivery then. */
  nextStart = 0

  constructor(name: string, number: number, limits: Limits) {
    this.name = name
    this.key = `d${name}`
    this.number = number
    this.#limits = limits
  }

  /** Deliveries at a time, whatever is free. */
  get cap(): number {
    return Math.min(this.#window, this.#limits.concurrency)
  }

  /** From when on a delivery may begin. */
  get opensAt(): number {
    return Math.max(this.pauseEnds, this.nextStart)
  }

  isOpen(now: number): boolean {
    return this.opensAt <= now
  }

  /** Is there nothing to remember about it? */
  get isForgettable(): boolean {
    return this.#visits.size === 0 && this.#failures === 0 && this.nextStart === 0
  }

  get weight(): number {
    return this.#group === DOUBTFUL ? DOUBTFUL_WEIGHT : WEIGHT
  }

  /** What a delivery to it counts for. */
  claims(now: number): Claim[] {
    const [first] = this.#visits
    if (first !== undefined && now - first.startedAt > SLOW) this.#isSlow = true
    const group = this.#group
    return group === undefined ? [this] : [this, group]
  }

  /** The hosts it shares what is left with. */
  get #group(): Claim | undefined {
    if (this.#failures > 0 || this.#isSlow) return DOUBTFUL
    if (this.#isKnown) return undefined
    return this.#isOld ? DOUBTFUL : UNKNOWN
  }

  /** It has mail that was never tried before. */
  hasNews(): void {
    this.#isOld = false
  }

  begin(visit: Visit): void {
    this.#visits.add(visit)
    const { perMinute } = this.#limits
    if (Number.isFinite(perMinute)) this.nextStart = Math.max(this.nextStart, visit.startedAt) + 60_000 / perMinute
  }

  /** A delivery has ended, with this word about the host. */
  end(visit: Visit, word: Word, now: number): void {
    this.#visits.delete(visit)
    if (word === 'nothing') return
    if (word === 'trouble') {
      if (visit.startedAt >= this.#troubleSince) this.#fails(now)
      return
    }
    this.#isKnown = true
    this.#isSlow = now - visit.startedAt > SLOW
    if (this.#failures > 0) this.forgive()
    else if (word === 'success') this.#window++
  }

  #fails(now: number): void {
    this.#failures++
    this.#window = Math.max(1, this.#window >> 1)
    if (this.#failures < PATIENCE) return
    this.#window = 1
    this.#troubleSince = now
    this.pauseEnds = now + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#failures - PATIENCE))
  }

  /** Its failures are forgotten. */
  forgive(): void {
    this.#failures = 0
    this.#window = START
    this.together = Number.POSITIVE_INFINITY
    this.pauseEnds = 0
  }

  set limits(limits: Limits) {
    this.#limits = limits
    this.nextStart = 0
  }
}
