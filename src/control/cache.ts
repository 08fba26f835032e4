import { type Stats, statSync } from 'node:fs'
import { join } from 'node:path'

/** A file changed this short a time ago may change again without looking any different. */
const SETTLED_MILLISECONDS = 2000

const ABSENT_IS_FINE = { throwIfNoEntry: false } as const

/** What control/ looks like from outside, for a resident process to tell whether it must be read again; undefined while it may still be changing. */
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

/** The settings for many sessions of a resident process: read again whenever one of the files is not the same as before. */
export class SettingsCache<S> {
  readonly #paths: string[]
  readonly #read: () => S
  #look: string | undefined
  #settings: S | undefined

  /** `names`: the files of control/ that `read` reads. */
  constructor(home: string, names: readonly string[], read: () => S) {
    this.#paths = names.map((name) => join(home, 'control', name))
    this.#read = read
  }

  /** The settings as they are now. Throws what `read` throws. */
  get(): S {
    const look = lookOf(this.#paths)
    if (look !== undefined && look === this.#look && this.#settings) return this.#settings
    this.#settings = undefined
    const settings = this.#read()
    this.#look = look
    this.#settings = settings
    return settings
  }
}
