/** A file of the drop folder that waits for its turn. */
export interface Waiting {
  name: string
  uid: number
  /** Large files are copied beside the others, and take none of their places. */
  isLarge: boolean
}

/** Small files on their way at a time; of one owner's, at most twice as many as places are free. */
const SMALL_PLACES = 16
const OWN_WEIGHT = 2
/** Large ones; of one owner's just one. */
const LARGE_PLACES = 4

/** Who is next: the owners of the files take turns, and nobody gets all places. */
export class DropTurns {
  readonly #small = new Map<number, Waiting[]>()
  readonly #large = new Map<number, Waiting[]>()
  readonly #running = new Map<number, { small: number; large: number }>()
  #smallCount = 0
  #largeCount = 0

  add(file: Waiting): void {
    const owners = file.isLarge ? this.#large : this.#small
    const files = owners.get(file.uid)
    if (files) files.push(file)
    else owners.set(file.uid, [file])
  }

  /** Takes out the next file that may go now. Say when it is over. */
  next(): Waiting | undefined {
    const file = this.#from(this.#small, (own) => own.small < OWN_WEIGHT * (SMALL_PLACES - this.#smallCount)) ?? this.#nextLarge()
    if (file) this.#count(file, 1)
    return file
  }

  over(file: Waiting): void {
    this.#count(file, -1)
  }

  #nextLarge(): Waiting | undefined {
    return this.#largeCount < LARGE_PLACES ? this.#from(this.#large, (own) => own.large === 0) : undefined
  }

  #from(owners: Map<number, Waiting[]>, mayRun: (own: { small: number; large: number }) => boolean): Waiting | undefined {
    for (const [uid, files] of owners) {
      if (!mayRun(this.#running.get(uid) ?? { small: 0, large: 0 })) continue
      const file = files.shift()
      owners.delete(uid)
      if (files.length > 0) owners.set(uid, files) // at the end: the others' turn
      return file
    }
    return undefined
  }

  #count({ uid, isLarge }: Waiting, by: number): void {
    const own = this.#running.get(uid) ?? { small: 0, large: 0 }
    if (isLarge) {
      own.large += by
      this.#largeCount += by
    } else {
      own.small += by
      this.#smallCount += by
    }
    if (own.small + own.large > 0) this.#running.set(uid, own)
    else this.#running.delete(uid)
  }
}
