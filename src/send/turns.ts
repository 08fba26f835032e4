import type { Job } from './message.ts'
import type { Records, UndoneRecipient } from './records.ts'
import type { Claim } from './shares.ts'

/** A pass over a message's recipients on a channel, under way. */
export interface Pass {
  job: Job
  records: Records
  /** Read, and passed over because their users had no slot left. */
  ahead: UndoneRecipient[]
  /** All has been read. */
  isAtEnd: boolean
}

/**
 * The order in which a channel's passes get slots: one recipient each, in turn, a pass that has had none before all others, so that a message
 * of one recipient never waits for one of thousands. A pass without a recipient that may go now waits apart, under what it waits for.
 */
export class Turns {
  readonly #fresh: Pass[] = []
  readonly #begun: Pass[] = []
  readonly #blocked = new Map<string, { claim: Claim; passes: Pass[] }>()
  /** Messages whose passes were put off while they were blocked. */
  readonly #putOff = new Map<string, { claim: Claim; ids: Set<number> }>()
  #asleep: { pass: Pass; until: number }[] = []
  /** When the first pass that sleeps goes on, Unix milliseconds; undefined: none sleeps. */
  wakesAt: number | undefined
  /** Passes over files that wait for their share or sleep, large messages' among them. */
  readonly blocked = { all: 0, large: 0 }

  add(pass: Pass): void {
    this.#fresh.push(pass)
  }

  /** It has had its turn. */
  again(pass: Pass): void {
    this.#begun.push(pass)
  }

  /** It can do nothing before this claim allows more. */
  block(pass: Pass, claim: Claim): void {
    const entry = this.#blocked.get(claim.key) ?? { claim, passes: [] }
    entry.passes.push(pass)
    this.#blocked.set(claim.key, entry)
    this.#count(pass, 1)
  }

  /** It can do nothing before this time (Unix milliseconds). */
  sleep(pass: Pass, until: number): void {
    this.#asleep.push({ pass, until })
    this.wakesAt = Math.min(this.wakesAt ?? until, until)
    this.#count(pass, 1)
  }

  /** Whose turn it is at `now`; undefined: nobody can go on. `allows`: may one more count for this claim now? */
  next(allows: (claim: Claim) => boolean, now: number): Pass | undefined {
    if (this.wakesAt !== undefined && this.wakesAt <= now) this.#wake(now)
    for (const { claim, passes } of this.#blocked.values()) if (allows(claim)) return this.#unblock(claim.key, passes)
    return this.#fresh.shift() ?? this.#begun.shift()
  }

  /** Takes out a pass over a file that has been blocked for long, and remembers its message; or one that sleeps, until when. */
  takeBlockedFile(): { pass: Pass; until?: number } | undefined {
    for (const { claim, passes } of this.#blocked.values()) {
      const pass = this.#unblock(
        claim.key,
        passes,
        passes.findIndex(({ job }) => job.isFile)
      )
      if (pass === undefined) continue
      const entry = this.#putOff.get(claim.key) ?? { claim, ids: new Set() }
      entry.ids.add(pass.job.id)
      this.#putOff.set(claim.key, entry)
      return { pass }
    }
    const at = this.#asleep.findIndex(({ pass }) => pass.job.isFile)
    const [found] = at < 0 ? [] : this.#asleep.splice(at, 1)
    if (found) this.#count(found.pass, -1)
    return found
  }

  /** The message whose pass was put off first of those for which there is room now, and none is blocked; undefined: there is none. It is remembered no longer. */
  takePutOff(allows: (claim: Claim) => boolean): number | undefined {
    for (const [key, { claim, ids }] of this.#putOff) {
      if (this.#blocked.has(key) || !allows(claim)) continue
      const [id] = ids
      if (id !== undefined) ids.delete(id)
      if (ids.size === 0) this.#putOff.delete(key)
      return id
    }
    return undefined
  }

  /** Those that sleep go on: what they wait for may have changed. */
  wakeAll(): void {
    this.#wake(Number.POSITIVE_INFINITY)
  }

  #wake(now: number): void {
    const awake = this.#asleep.filter(({ until }) => until <= now)
    this.#asleep = this.#asleep.filter(({ until }) => until > now)
    this.wakesAt = this.#asleep.length === 0 ? undefined : Math.min(...this.#asleep.map(({ until }) => until))
    for (const { pass } of awake) {
      this.#count(pass, -1)
      this.again(pass)
    }
  }

  #unblock(key: string, passes: Pass[], at = 0): Pass | undefined {
    const [pass] = at < 0 ? [] : passes.splice(at, 1)
    if (passes.length === 0) this.#blocked.delete(key)
    if (pass) this.#count(pass, -1)
    return pass
  }

  #count({ job }: Pass, by: number): void {
    if (job.isFile) this.blocked.all += by
    if (job.isLarge) this.blocked.large += by
  }
}
