import type { Claim } from '../shares.ts'
import { Standing, WEIGHT } from './standing.ts'
import type { Word } from './word.ts'

/**
 * A set of mail exchangers, and the hosts (domains) whose mail goes to exactly these: they have one share of the slots, within which they take turns, and one pause. Anybody may point
 * a domain of his there. So nothing counts here but whether any of the machines could be connected to, which is in the hands of their keeper alone; what they say to one domain's mail stays between them and that domain.
 */
export class Exchangers<Host> implements Claim {
  readonly key: string
  readonly weight = WEIGHT
  readonly members = new Set<Host>()
  /** Deliveries under way. */
  running = 0
  readonly #standing = new Standing()

  /** `names`: of all of them, one text for each set. */
  constructor(names: string) {
    this.key = `x${names}`
  }

  get cap(): number {
    return this.#standing.window
  }

  /** So many of what is free any of the hosts may have: nobody takes the last places. */
  get share(): number {
    return Math.max(1, this.cap - this.running)
  }

  get pauseEnds(): number {
    return this.#standing.pauseEnds
  }

  get isInTrouble(): boolean {
    return this.#standing.isInTrouble
  }

  /** A delivery to them that began at `startedAt` has ended; `word`: reachOf its report. True: they are there again. */
  meet(startedAt: number, word: Word, now: number): boolean {
    if (word === 'trouble') this.#standing.fails(startedAt, now)
    else if (word !== 'nothing' && this.isInTrouble) {
      this.forgive()
      return true
    } else if (word === 'success') this.#standing.succeeds()
    return false
  }

  forgive(): void {
    this.#standing.forgive()
  }
}
