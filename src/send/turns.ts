import type { Job } from './message.ts'
import type { Records, UndoneRecipient } from './records.ts'
import type { Claim } from './shares.ts'

/** A pass over a message's recipients on a channel, under way. */
export interface Pass {
  job: Job
  records: Records
  /** Read, and not tried yet: what they wait for has not come. */
  ahead: UndoneRecipient[]
  /** All has been read. */
  isAtEnd: boolean
}

/** A pass that can do nothing before one of these shares allows more, or before this time (Unix milliseconds). */
interface Rest {
  pass: Pass
  claims: readonly Claim[]
  until: number
}

/**
 * The order in which a channel's passes get slots: one recipient each, in turn, a pass that has had none before all others, so that a message
 * of one recipient never waits for one of thousands. A pass without a recipient that may go now waits apart, under all that it waits for.
 */
export class Turns {
  readonly #fresh: Pass[] = []
  readonly #begun: Pass[] = []
  readonly #blocked = new Map<string, { claim: Claim; rests: Set<Rest> }>()
  readonly #asleep = new Set<Rest>()
  /** Those over files, the one that has waited longest first. */
  readonly #files = new Set<Rest>()
  /** Messages that are back among those that wait, and when they are due there: what their passes waited for may come before. */
  readonly #putOff = new Map<string, { claim: Claim; dues: Map<number, number> }>()
  /** When the first pass that sleeps goes on, Unix milliseconds; undefined: none sleeps. */
  wakesAt: number | undefined
  /** Passes over files that wait for a share or sleep, large messages' among them. */
  readonly blocked = { all: 0, large: 0 }

  add(pass: Pass): void {
    this.#fresh.push(pass)
  }

  /** It has had its turn. */
  again(pass: Pass): void {
    this.#begun.push(pass)
  }

  /** It can do nothing before one of these claims allows more, or before this time (Unix milliseconds). */
  rest(pass: Pass, claims: readonly Claim[], until: number): void {
    const rest: Rest = { pass, claims, until }
    for (const claim of claims) {
      const entry = this.#blocked.get(claim.key) ?? { claim, rests: new Set() }
      entry.rests.add(rest)
      this.#blocked.set(claim.key, entry)
    }
    if (Number.isFinite(until)) {
      this.#asleep.add(rest)
      this.wakesAt = Math.min(this.wakesAt ?? until, until)
    }
    if (pass.job.isFile) this.#files.add(rest)
    this.#count(pass, 1)
  }

  /** Whose turn it is at `now`; undefined: nobody can go on. `allows`: may one more count for this claim now? */
  next(allows: (claim: Claim) => boolean, now: number): Pass | undefined {
    if (this.wakesAt !== undefined && this.wakesAt <= now) this.#wake(now)
    for (const { claim, rests } of this.#blocked.values()) {
      const [first] = allows(claim) ? rests : []
      if (first !== undefined) return this.#end(first)
    }
    return this.#fresh.shift() ?? this.#begun.shift()
  }

  /** Takes out the pass over a file that has rested longest. */
  takeRestingFile(): Rest | undefined {
    const [rest] = this.#files
    if (rest !== undefined) this.#end(rest)
    return rest
  }

  /** A message whose pass was put off is due then; but when one of these claims allows more, it need not wait for that. */
  remember(id: number, due: number, claims: readonly Claim[]): void {
    for (const claim of claims) {
      const entry = this.#putOff.get(claim.key) ?? { claim, dues: new Map() }
      entry.dues.set(id, due)
      this.#putOff.set(claim.key, entry)
    }
  }

  /**
   * The message whose pass was put off first of those for which there is room now, and none rests; undefined: there is none. It is remembered no longer. One that is not due
   * when it was is none of these any more: somebody has seen to it meanwhile.
   */
  takePutOff(allows: (claim: Claim) => boolean): { id: number; due: number } | undefined {
    for (const [key, { claim, dues }] of this.#putOff) {
      if (this.#blocked.has(key) || !allows(claim)) continue
      const [first] = dues
      if (first !== undefined) dues.delete(first[0])
      if (dues.size === 0) this.#putOff.delete(key)
      if (first !== undefined) return { id: first[0], due: first[1] }
    }
    return undefined
  }

  /** All that waits for a time is due so many seconds later; earlier, if negative. */
  postpone(seconds: number): void {
    for (const { dues } of this.#putOff.values()) for (const [id, due] of dues) dues.set(id, due + seconds)
  }

  /** Those that sleep go on: what they wait for may have changed. */
  wakeAll(): void {
    this.#wake(Number.POSITIVE_INFINITY)
  }

  #wake(now: number): void {
    for (const rest of this.#asleep) if (rest.until <= now) this.again(this.#end(rest))
    this.wakesAt = this.#asleep.size === 0 ? undefined : Math.min(...[...this.#asleep].map(({ until }) => until))
  }

  /** It rests no longer. */
  #end(rest: Rest): Pass {
    for (const { key } of rest.claims) {
      const rests = this.#blocked.get(key)?.rests
      rests?.delete(rest)
      if (rests?.size === 0) this.#blocked.delete(key)
    }
    this.#asleep.delete(rest)
    this.#files.delete(rest)
    this.#count(rest.pass, -1)
    return rest.pass
  }

  #count({ job }: Pass, by: number): void {
    if (job.isFile) this.blocked.all += by
    if (job.isLarge) this.blocked.large += by
  }
}
