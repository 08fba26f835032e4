import { DueList } from './due-list.ts'

/** Messages with more recipients on a channel are large: they may wait for each other, but nobody else waits for them. */
export const LARGE_RECIPIENTS = 20
/** The same for a channel file whose records nobody has counted yet. */
export const LARGE_BYTES = 2048

/** The messages that wait for a pass on one channel, by the time they are due (Unix seconds), large ones apart. */
export class Waiting {
  readonly #small = new DueList()
  readonly #large = new DueList()
  readonly #isLarge = new Set<number>()

  /** From now on, and until it is forgotten, this message is large. */
  markLarge(id: number): void {
    this.#isLarge.add(id)
  }

  isLarge(id: number): boolean {
    return this.#isLarge.has(id)
  }

  /** It has nobody left on this channel. */
  forget(id: number): void {
    this.#isLarge.delete(id)
  }

  insert(id: number, due: number): void {
    const list = this.#isLarge.has(id) ? this.#large : this.#small
    list.insert(id, due)
  }

  /** When this one is due; undefined: it does not wait here. */
  dueOf(id: number): number | undefined {
    return (this.#isLarge.has(id) ? this.#large : this.#small).dueOf(id)
  }

  /** It waits here no more. */
  remove(id: number): void {
    this.#small.remove(id)
    this.#large.remove(id)
  }

  /** When the first one is due; undefined when there is none. */
  firstDue(mayBeLarge: boolean): number | undefined {
    const [small, large] = [this.#small.firstDue, mayBeLarge ? this.#large.firstDue : undefined]
    return small === undefined || large === undefined ? (small ?? large) : Math.min(small, large)
  }

  /** Takes out the first message if it is due at `now`. */
  takeDue(now: number, mayBeLarge: boolean): number | undefined {
    const isLargeFirst = mayBeLarge && (this.#large.firstDue ?? Number.POSITIVE_INFINITY) < (this.#small.firstDue ?? Number.POSITIVE_INFINITY)
    return (isLargeFirst ? this.#large : this.#small).takeDue(now)
  }

  /** Makes every message due at `now`, those that were due first staying first. */
  allDue(now: number): void {
    this.#small.allDue(now)
    this.#large.allDue(now)
  }

  /** All of it. */
  entries(): { id: number; due: number }[] {
    return [...this.#small.entries(), ...this.#large.entries()]
  }
}
