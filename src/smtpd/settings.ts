import { closeSync, openSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import { folded } from './policy.ts'

/** What control/ says to qmail-smtpd (spec network.md 4.1). */
export interface SmtpdSettings {
  greeting: Bytes
  /** Replaces our own addresses in literals; undefined: nothing does. */
  localiphost: Bytes | undefined
  timeoutSeconds: number
  /** In lower case; undefined: every recipient is taken. */
  rcpthosts: ReadonlySet<Bytes> | undefined
  /** The compiled file, where there is one. */
  morercpthosts: string | undefined
  /** In lower case. */
  badmailfrom: ReadonlySet<Bytes>
  databytes: number
}

const FILES = ['me', 'smtpgreeting', 'localiphost', 'timeoutsmtpd', 'rcpthosts', 'morercpthosts.cdb', 'badmailfrom', 'databytes']

const openable = (path: string): string | undefined => {
  try {
    closeSync(openSync(path, 'r'))
    return path
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new Temporary(`unable to read ${path}: ${reason(error)}`, { cause: error })
  }
}

/** Reads them all. Throws Temporary when one cannot be read, or when there is no name to greet with. */
export const readSettings = (home: string): SmtpdSettings => {
  const greeting = readSetting(home, 'smtpgreeting')
  if (greeting === undefined) throw new Temporary('unable to read control/me: file does not exist')
  const localiphost = readSetting(home, 'localiphost')
  const seconds = readSetting(home, 'timeoutsmtpd') | 0
  const rcpthosts = readSetting(home, 'rcpthosts')
  return {
    greeting,
    localiphost,
    timeoutSeconds: seconds <= 0 ? 1 : seconds,
    rcpthosts: rcpthosts && folded(rcpthosts),
    morercpthosts: rcpthosts && openable(join(home, 'control', 'morercpthosts.cdb')),
    badmailfrom: folded(readSetting(home, 'badmailfrom') ?? []),
    databytes: readSetting(home, 'databytes')
  }
}

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

/** The settings for many sessions: read again whenever one of the files is not the same as before. Throws as readSettings does. */
export class SettingsCache {
  readonly #home: string
  readonly #paths: string[]
  #look: string | undefined
  #settings: SmtpdSettings | undefined

  constructor(home: string) {
    this.#home = home
    this.#paths = FILES.map((name) => join(home, 'control', name))
  }

  get(): SmtpdSettings {
    const look = lookOf(this.#paths)
    if (look !== undefined && look === this.#look && this.#settings) return this.#settings
    this.#settings = undefined
    const settings = readSettings(this.#home)
    this.#look = look
    this.#settings = settings
    return settings
  }
}
