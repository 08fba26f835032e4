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
  /** Messages whose passes were put off, what these waited for, and the same by claim. */
  readonly #putOff = new Map<number, readonly Claim[]>()
  readonly #called = new Map<string, { claim: Claim; ids: Set<number> }>()
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

  /** A message whose pass was put off waits for its time; but when one of these claims allows more, it need not. */
  putOff(id: number, claims: readonly Claim[]): void {
    if (claims.length === 0) return
    this.#putOff.set(id, claims)
    for (const claim of claims) {
      const entry = this.#called.get(claim.key) ?? { claim, ids: new Set() }
      entry.ids.add(id)
      this.#called.set(claim.key, entry)
    }
  }

  /** This message has its pass now, or is gone: it waits for no claim any more. */
  forget(id: number): void {
    const claims = this.#putOff.get(id)
    if (claims === undefined) return
    this.#putOff.delete(id)
    for (const { key } of claims) {
      const ids = this.#called.get(key)?.ids
      ids?.delete(id)
      if (ids?.size === 0) this.#called.delete(key)
    }
  }

  /** The message that was put off first of those for which there is room now, and none rests; undefined: there is none. It waits for no claim any more. */
  takePutOff(allows: (claim: Claim) => boolean): number | undefined {
    for (const [key, { claim, ids }] of this.#called) {
      if (this.#blocked.has(key) || !allows(claim)) continue
      const [id] = ids
      if (id !== undefined) this.forget(id)
      return id
    }
    return undefined
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
