interface Entry {
  due: number
  id: number
  /** Of two entries due at once, the one put in first comes first. */
  order: number
}

const isBefore = (a: Entry, b: Entry): boolean => a.due < b.due || (a.due === b.due && a.order < b.order)

/** Message numbers by the time they are due (Unix seconds): a binary heap. */
export class DueList {
  #heap: Entry[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the first one is due; undefined when there is none. */
  get firstDue(): number | undefined {
    return this.#heap[0]?.due
  }

  insert(id: number, due: number): void {
    const heap = this.#heap
    const entry = { due, id, order: this.#order++ }
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

  /** Takes out the first message if it is due at `now`. */
  takeDue(now: number): number | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.due > now) return undefined
    const last = this.#heap.pop()
    if (last !== undefined && last !== first) this.#sink(last)
    return first.id
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

  /** Makes every message due at `now`, those that were due first staying first. */
  allDue(now: number): void {
    const entries = this.entries()
    this.#heap = []
    for (const { id } of entries) this.insert(id, now)
  }

  /** All of it, in order of time. */
  entries(): { id: number; due: number }[] {
    return [...this.#heap].sort((a, b) => a.due - b.due || a.order - b.order).map(({ id, due }) => ({ id, due }))
  }
}
