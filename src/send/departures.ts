import { unlinkLater } from '../os/unlink.ts'

/** Files of ours on their way out, and messages that qmail-clean has yet to answer for: with more, no pass over files begins. What a crash would deliver again is among the former. */
const MAX_UNLINKING = 64
const MAX_CLEANED = 512

/** How often each number is in. */
class Counts {
  readonly #counts = new Map<number, number>()

  get size(): number {
    return this.#counts.size
  }

  has(id: number): boolean {
    return this.#counts.has(id)
  }

  add(id: number): void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1)
  }

  remove(id: number): void {
    const left = (this.#counts.get(id) ?? 0) - 1
    if (left > 0) this.#counts.set(id, left)
    else this.#counts.delete(id)
  }
}

/**
 * Messages whose files are on their way out. Ours go in the thread pool: while a file system commits its journal, unlink(2) waits for as long as the disk takes,
 * and nobody else's mail is to wait with it. The last ones are qmail-clean's; when mess/ID has gone, the number may be another message's before we hear of it.
 */
export class Departures {
  readonly #unlinking = new Counts()
  readonly #cleaned = new Counts()
  readonly #wake: () => void

  /** `wake`: has the loop take another turn. */
  constructor(wake: () => void) {
    this.#wake = wake
  }

  /** Is a file of ours on its way out? */
  get isBusy(): boolean {
    return this.#unlinking.size > 0
  }

  /** Is more on its way out than should be? Then messages in the ordinary queue wait. */
  get isFull(): boolean {
    return this.#unlinking.size >= MAX_UNLINKING || this.#cleaned.size >= MAX_CLEANED
  }

  /** Is a file of ours of this message on its way out? Who had it removed goes on with the message; nobody else may, so that its number stays its own. */
  isUnlinking(id: number): boolean {
    return this.#unlinking.has(id)
  }

  /** Is anything of a message of this number on its way out? */
  has(id: number): boolean {
    return this.#unlinking.has(id) || this.#cleaned.has(id)
  }

  /** Removes a file of a message. `then` hears, never before this returns, whether it is gone. */
  unlink(id: number, path: string, then: (isGone: boolean) => void): void {
    this.#unlinking.add(id)
    void unlinkLater(path).then((isGone) => {
      this.#unlinking.remove(id)
      then(isGone)
      this.#wake()
    })
  }

  /** qmail-clean has been asked for the last files; and has answered. */
  cleaning(id: number): void {
    this.#cleaned.add(id)
  }

  cleaned(id: number): void {
    this.#cleaned.remove(id)
  }
}
