import type { Line } from './line.ts'

const OK = 0x2b

/** qmail-clean, asked to remove files. Requests are sent without waiting for the answers before, which come in the same order. */
export class Cleaner {
  readonly #line: Line
  readonly #asked: ((isDone: boolean) => void)[] = []

  constructor(line: Line) {
    this.#line = line
  }

  /** Is there a request without its answer? */
  get isBusy(): boolean {
    return this.#asked.length > 0
  }

  /** Has qmail-clean gone while it was needed? Requests without an answer will never get one. */
  get isLost(): boolean {
    return this.#line.isClosed && this.isBusy
  }

  /** `todo`: the envelope goes (intd, todo). `foop`: the message goes (intd, mess). `then` hears whether it has. */
  ask(kind: 'todo' | 'foop', id: number, then: (isDone: boolean) => void): void {
    this.#asked.push(then)
    this.#line.say(`${kind}/${id}\0`)
  }

  /** Hands out the answers that have come. */
  answers(): void {
    for (const answer of this.#line.take() ?? []) this.#asked.shift()?.(answer === OK)
  }

  flush(): void {
    this.#line.flush()
  }
}
