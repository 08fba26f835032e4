import type { Destination } from './destination/destination.ts'
import { DestinationQueues, type Gate } from './destination/queues.ts'
import { DueList } from './due-list.ts'

/** Messages with more recipients on a channel are large: they may wait for each other, but nobody else waits for them. */
export const LARGE_RECIPIENTS = 20
/** The same for a channel file whose records nobody has counted yet. */
export const LARGE_BYTES = 2048

/** The messages that wait for a pass on one channel, by the time they are due (Unix seconds): large ones apart, and those that are known to go to one destination apart. */
export class Waiting {
  readonly byDestination = new DestinationQueues()
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

  /** All that is left of this message goes to this destination, or, if there is none, to several. */
  learn(id: number, destination: Destination | undefined, birth: number): void {
    if (destination === undefined || this.#isLarge.has(id)) this.byDestination.forget(id)
    else this.byDestination.learn(id, destination, birth)
  }

  /** It has nobody left on this channel. */
  forget(id: number): void {
    this.#isLarge.delete(id)
    this.byDestination.forget(id)
  }

  insert(id: number, due: number): void {
    const plain = this.#isLarge.has(id) ? this.#large : this.#small
    const list = this.byDestination.knows(id) ? this.byDestination : plain
    list.insert(id, due)
  }

  /** When this one is due; undefined: it does not wait here. */
  dueOf(id: number): number | undefined {
    return this.byDestination.dueOf(id) ?? (this.#isLarge.has(id) ? this.#large : this.#small).dueOf(id)
  }

  /** It waits here no more. */
  remove(id: number): void {
    this.byDestination.remove(id)
    this.#small.remove(id)
    this.#large.remove(id)
  }

  /** When the first one is due; undefined when there is none. */
  firstDue(mayBeLarge: boolean): number | undefined {
    const dues = [this.#small.firstDue, mayBeLarge ? this.#large.firstDue : undefined, this.byDestination.firstDue].filter((due) => due !== undefined)
    return dues.length === 0 ? undefined : Math.min(...dues)
  }

  /** Takes out a message that is due at `now`: of those that are not known to go to one destination the first, then one of the others, in turn. */
  takeDue(now: number, mayBeLarge: boolean, gate: Gate): number | undefined {
    this.#isDestinationsTurn = !this.#isDestinationsTurn
    const fromLists = (): number | undefined => this.#takeFromLists(now, mayBeLarge)
    const fromQueues = (): number | undefined => this.byDestination.takeDue(Date.now() / 1000, gate)
    return this.#isDestinationsTurn ? (fromQueues() ?? fromLists()) : (fromLists() ?? fromQueues())
  }

  #isDestinationsTurn = false

  #takeFromLists(now: number, mayBeLarge: boolean): number | undefined {
    const isLargeFirst = mayBeLarge && (this.#large.firstDue ?? Number.POSITIVE_INFINITY) < (this.#small.firstDue ?? Number.POSITIVE_INFINITY)
    return (isLargeFirst ? this.#large : this.#small).takeDue(now)
  }

  /** Makes every message due at `now`, those that were due first staying first. */
  allDue(now: number): void {
    this.#small.allDue(now)
    this.#large.allDue(now)
    this.byDestination.allDue(now)
  }

  /** All of it becomes due so many seconds later; earlier, if negative. */
  postpone(seconds: number): void {
    this.#small.postpone(seconds)
    this.#large.postpone(seconds)
    this.byDestination.postpone(seconds)
  }

  /** All of it. */
  entries(): { id: number; due: number }[] {
    return [...this.#small.entries(), ...this.#large.entries(), ...this.byDestination.entries()]
  }
}
