import { type Stats, statSync } from 'node:fs'
import { join } from 'node:path'

/** A file changed this short a time ago may change again without looking any different. */
const SETTLED_MILLISECONDS = 2000

const ABSENT_IS_FINE = { throwIfNoEntry: false } as const

/**
 * What files look like from outside, for a resident process to tell whether they must be read again; undefined while they may still be changing. With the
 * folder's own look it covers those that are missing: none comes or goes without changing that.
 */
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

/** The settings for many sessions of a resident process: read again whenever one of the files is not the same as before. */
export class SettingsCache<S> {
  readonly #folder: string
  readonly #paths: string[]
  /** Those of them that were there. */
  #present: string[] = []
  readonly #read: () => S
  #look: string | undefined
  #settings: S | undefined

  /** `names`: the files of control/ that `read` reads. */
  constructor(home: string, names: readonly string[], read: () => S) {
    this.#folder = join(home, 'control')
    this.#paths = names.map((name) => join(this.#folder, name))
    this.#read = read
  }

  /** The settings as they are now. Throws what `read` throws. */
  get(): S {
    if (this.#settings && this.#look !== undefined && lookOf([this.#folder, ...this.#present]) === this.#look) return this.#settings
    this.#settings = undefined
    this.#present = this.#paths.filter(isThere)
    const look = lookOf([this.#folder, ...this.#present])
    const settings = this.#read()
    this.#look = look
    this.#settings = settings
    return settings
  }
}
