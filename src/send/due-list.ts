interface Entry {
  due: number
  id: number
  /** Of two entries due at once, the one put in first comes first. */
  order: number
}

const isBefore = (a: Entry, b: Entry): boolean => a.due < b.due || (a.due === b.due && a.order < b.order)

/** So many dead entries may lie about, and as many as there are living ones. */
const MAX_DEAD = 64

/**
 * Message numbers by the time they are due (Unix seconds), each number once: a binary heap. What was taken out of the middle, or put in anew with
 * another time, leaves a dead entry there, which is passed over.
 */
export class DueList {
  #heap: Entry[] = []
  readonly #living = new Map<number, Entry>()
  #order = 0

  get size(): number {
    return this.#living.size
  }

  /** When the first one is due; undefined when there is none. */
  get firstDue(): number | undefined {
    return this.#first()?.due
  }

  /** When this one is due; undefined: it is not in the list. */
  dueOf(id: number): number | undefined {
    return this.#living.get(id)?.due
  }

  /** Puts a number in; one that is there already has the new time from now on. */
  insert(id: number, due: number): void {
    const entry = { due, id, order: this.#order++ }
    this.#living.set(id, entry)
    this.#bury()
    this.#raise(entry)
  }

  /** Takes a number out. False: it was not there. */
  remove(id: number): boolean {
    return this.#living.delete(id)
  }

  /** Takes out the first message if it is due at `now`. */
  takeDue(now: number): number | undefined {
    const first = this.#first()
    if (first === undefined || first.due > now) return undefined
    this.#pop()
    this.#living.delete(first.id)
    return first.id
  }

  /** Makes every message due at `now`, those that were due first staying first. */
  allDue(now: number): void {
    const entries = this.entries()
    this.#heap = []
    this.#living.clear()
    for (const { id } of entries) this.insert(id, now)
  }

  /** All of it becomes due so many seconds later; earlier, if negative. */
  postpone(seconds: number): void {
    for (const entry of this.#heap) entry.due += seconds // the dead ones too: the order stays
  }

  /** All of it, in order of time. */
  entries(): { id: number; due: number }[] {
    return [...this.#living.values()].sort((a, b) => a.due - b.due || a.order - b.order).map(({ id, due }) => ({ id, due }))
  }

  /** The first living entry, the dead ones before it gone. */
  #first(): Entry | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#living.get(first.id) === first) return first
      this.#pop()
    }
    return undefined
  }

  /** Makes the heap anew of the living when most of it is dead. */
  #bury(): void {
    if (this.#heap.length < 2 * this.#living.size + MAX_DEAD) return
    const living = this.#heap.filter((entry) => this.#living.get(entry.id) === entry)
    this.#heap = []
    for (const entry of living) this.#raise(entry)
  }

  #pop(): void {
    const [first, last] = [this.#heap[0], this.#heap.pop()]
    if (last !== undefined && last !== first) this.#sink(last)
  }

  /** Puts an entry at the end and moves it to where it belongs. */
  #raise(entry: Entry): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = heap[up]
      if (parent === undefined || isBefore(parent, entry)) break
      heap[at] = parent
      at = up
    }
    heap[at] = entry
  }

  /** Puts an entry in the place of the first one and moves it to where it belongs. */
  #sink(entry: Entry): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left
      if (child === undefined || isBefore(entry, child)) break
      const from = child === left ? 2 * at + 1 : 2 * at + 2
      heap[at] = child
      at = from
    }
    heap[at] = entry
  }
}
