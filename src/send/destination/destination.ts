import type { Claim } from '../shares.ts'
import type { Exchangers } from './exchangers.ts'
import { Standing, WEIGHT } from './standing.ts'
import type { Word } from './word.ts'

/** What an administrator allows (control/destinations): deliveries at a time, and starts a minute. */
export interface Limits {
  concurrency: number
  perMinute: number
}

export const NO_LIMITS: Limits = { concurrency: Number.POSITIVE_INFINITY, perMinute: Number.POSITIVE_INFINITY }

/** A host that lets us wait for so long is slow. */
const SLOW = 30_000
/** So long it is believed who its mail exchangers are. */
const EXCHANGERS_FRESH = 3_600_000

/** Of what is free, a host in trouble may have a third. */
const DOUBTFUL_WEIGHT = 0.5
/** The last fifth of the slots is left to hosts that are known to work; half of them, when it is about hosts in trouble. */
const UNKNOWN: Claim = { key: '?unknown', weight: 4 }
const DOUBTFUL: Claim = { key: '?doubtful', weight: 1 }

/** A delivery under way, as a destination sees it. */
export interface Visit {
  startedAt: number
}

/** A host that mail goes to, or the relay for it: its share of the slots (a claim) and its pauses, by its standing and that of the exchangers it shares with others; and its limits. Times are Unix milliseconds. */
export class Destination implements Claim {
  readonly name: string
  readonly key: string
  /** Counts destinations. */
  readonly number: number
  /** Deliveries under way, and the shared exchangers they went out to. */
  readonly #visits = new Map<Visit, Exchangers<Destination> | undefined>()
  readonly #standing = new Standing()
  #limits: Limits
  #exchangers: Exchangers<Destination> | undefined
  #exchangersUntil = 0
  #isKnown = false
  #isSlow = false
  #isOld = true
  /** Recipients of a message it takes at a time, as far as it has said. */
  together = Number.POSITIVE_INFINITY
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
    return Math.min(this.#standing.window, this.#limits.concurrency, this.#shared(Date.now())?.share ?? Number.POSITIVE_INFINITY)
  }

  /** The host is left alone until then. */
  get pauseEnds(): number {
    return Math.max(this.#standing.pauseEnds, this.#shared(Date.now())?.pauseEnds ?? 0)
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
    return this.#visits.size === 0 && !this.#standing.isInTrouble && this.nextStart === 0
  }

  get weight(): number {
    return this.#group(this.#shared(Date.now())) === DOUBTFUL ? DOUBTFUL_WEIGHT : WEIGHT
  }

  /** What a delivery to it counts for. */
  claims(now: number): Claim[] {
    const [first] = this.#visits.keys()
    if (first !== undefined && now - first.startedAt > SLOW) this.#isSlow = true
    const shared = this.#shared(now)
    const group = this.#group(shared)
    const claims: Claim[] = shared === undefined ? [this] : [this, shared]
    return group === undefined ? claims : [...claims, group]
  }

  /** The hosts it shares what is left with. */
  #group(shared: Exchangers<Destination> | undefined): Claim | undefined {
    if (this.#standing.isInTrouble || shared?.isInTrouble || this.#isSlow) return DOUBTFUL
    if (this.#isKnown) return undefined
    return this.#isOld ? DOUBTFUL : UNKNOWN
  }

  /** Its exchangers, if they are other hosts' too. */
  #shared(now: number): Exchangers<Destination> | undefined {
    if (this.#exchangers === undefined) return undefined
    if (now >= this.#exchangersUntil) this.leaveExchangers()
    return this.#exchangers !== undefined && this.#exchangers.members.size > 1 ? this.#exchangers : undefined
  }

  /** Its mail went to these exchangers just now. */
  join(exchangers: Exchangers<Destination>, now: number): void {
    if (exchangers !== this.#exchangers) this.leaveExchangers()
    this.#exchangers = exchangers
    this.#exchangersUntil = now + EXCHANGERS_FRESH
    exchangers.members.add(this)
  }

  /** It is not known any more where its mail goes. */
  leaveExchangers(): void {
    this.#exchangers?.members.delete(this)
    this.#exchangers = undefined
  }

  /** All hosts with the same exchangers, itself among them. */
  get neighbours(): readonly Destination[] {
    return this.#exchangers === undefined ? [this] : [...this.#exchangers.members]
  }

  /** It has mail that was never tried before. */
  hasNews(): void {
    this.#isOld = false
  }

  begin(visit: Visit): void {
    const shared = this.#shared(visit.startedAt)
    this.#visits.set(visit, shared)
    if (shared !== undefined) shared.running++
    const { perMinute } = this.#limits
    if (Number.isFinite(perMinute)) this.nextStart = Math.max(this.nextStart, visit.startedAt) + 60_000 / perMinute
  }

  /** A delivery has ended, with this word about the host. */
  end(visit: Visit, word: Word, now: number): void {
    const shared = this.#visits.get(visit)
    if (shared !== undefined) shared.running--
    this.#visits.delete(visit)
    if (word === 'nothing') return
    if (word === 'trouble') {
      this.#standing.fails(visit.startedAt, now)
      return
    }
    this.#isKnown = true
    this.#isSlow = now - visit.startedAt > SLOW
    if (this.#standing.isInTrouble) this.#recover()
    else if (word === 'success') this.#standing.succeeds()
  }

  #recover(): void {
    this.#standing.forgive()
    this.together = Number.POSITIVE_INFINITY
  }

  /** Its failures are forgotten, and its exchangers'. */
  forgive(): void {
    this.#recover()
    this.#exchangers?.forgive()
  }

  set limits(limits: Limits) {
    this.#limits = limits
    this.nextStart = 0
  }
}
