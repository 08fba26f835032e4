import type { LargeSort } from './large.ts'

/** A large envelope found in todo/. */
export interface LargeEnvelope {
  id: number
  /** Size of the message file. */
  bytes: number
}

/** One that is being preprocessed. */
export interface Sorting extends LargeEnvelope {
  sort: LargeSort
  isLogged: boolean
}

/** What a submitter has in hand and in store. */
export interface Submitter {
  sorting: Sorting | undefined
  waiting: LargeEnvelope[]
}

/** The large envelopes that wait to be preprocessed, by submitter: they take turns, and each has one in hand at a time. */
export class LargeQueue {
  readonly #submitters = new Map<number, Submitter>()

  /** `uid`: whose it is. */
  add(uid: number, envelope: LargeEnvelope): void {
    const submitter = this.#submitters.get(uid) ?? { sorting: undefined, waiting: [] }
    submitter.waiting.push(envelope)
    this.#submitters.set(uid, submitter)
  }

  /** Has `work` done for the submitter whose turn it is. False when there is none. */
  turn(work: (submitter: Submitter) => void): boolean {
    for (const [uid, submitter] of this.#submitters) {
      this.#submitters.delete(uid)
      work(submitter)
      const isMore = submitter.sorting !== undefined || submitter.waiting.length > 0
      if (isMore) this.#submitters.set(uid, submitter) // at the end: the others' turn
      return true
    }
    return false
  }
}
