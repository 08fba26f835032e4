import { type Stats, statSync } from 'node:fs'

/** A file changed this short a time ago may change again without looking any different. */
const SETTLED_MILLISECONDS = 2000

const ABSENT_IS_FINE = { throwIfNoEntry: false } as const

/** What files look like from outside; undefined while they may still be changing. */
const lookOf = (paths: readonly string[]): string | undefined => {
  let look = ''
  const settled = Date.now() - SETTLED_MILLISECONDS
  for (const path of paths) {
    let s: Stats | undefined
    try {
      s = statSync(path, ABSENT_IS_FINE)
    } catch {
      return undefined // reading it will say what is wrong
    }
    if (s && (s.mtimeMs > settled || s.ctimeMs > settled)) return undefined
    look += s ? `${s.ino}:${s.size}:${s.mtimeMs}:${s.ctimeMs} ` : '- '
  }
  return look
}

const isThere = (path: string): boolean => {
  try {
    return statSync(path, ABSENT_IS_FINE) !== undefined
  } catch {
    return true // reading it will say what is wrong
  }
}

/** What some files say, for a process that needs it again and again: read anew whenever one of them is not the same as before. */
export class FileCache<T> {
  readonly #paths: readonly string[]
  readonly #folder: string | undefined
  readonly #read: () => T
  /** What is looked at to tell. */
  #watched: readonly string[] = []
  #look: string | undefined
  #value: { is: T } | undefined

  /**
   * `paths`: the files that `read` reads; they may be missing. `folder`, if they are all in one that changes seldom: its own look then covers those that
   * are missing, for none comes or goes without changing that.
   */
  constructor(paths: readonly string[], read: () => T, folder?: string) {
    this.#paths = paths
    this.#read = read
    this.#folder = folder
  }

  /** What they say now. Throws what `read` throws. */
  get(): T {
    if (this.#value && this.#look !== undefined && lookOf(this.#watched) === this.#look) return this.#value.is
    this.#value = undefined
    this.#watched = this.#folder === undefined ? this.#paths : [this.#folder, ...this.#paths.filter(isThere)]
    const look = lookOf(this.#watched)
    const value = this.#read()
    this.#look = look
    this.#value = { is: value }
    return value
  }
}
