import { type Bytes, lower } from '../core/bytes.ts'
import { glob } from './glob.ts'
import { posixRegex } from './posix-regex.ts'

/** How the lists of refused senders, recipients and HELO names are written (spec modern.md 6.3). */
export type Dialect = 'plain' | 'regex' | 'wildmat'

/** The lists of control/ that are written in one. A list whose name ends in `norelay` does not count for clients that may relay. */
export const DIALECTED = ['badmailfrom', 'badmailfromnorelay', 'badrcptto', 'badrcpttonorelay', 'badhelo', 'badhelonorelay'] as const

/** Is this text refused to a client of this kind? */
export type Refuses = (text: Bytes, isRelay: boolean) => boolean

/** A list made ready, and the entries of it that make no sense. */
export interface RefusalList {
  refuses: Refuses
  bad: Bytes[]
}

/** What `auto` takes a list for. */
export const guessDialect = (entries: readonly Bytes[]): Dialect => {
  if (entries.some((entry) => /[\\(^$]|\.\*/.test(entry))) return 'regex'
  return entries.some((entry) => entry.includes('*')) ? 'wildmat' : 'plain'
}

/** Whole texts; for addresses also `@host`, and `.domain` for every host below it. */
const plain = (entries: readonly Bytes[]): Refuses => {
  const known = new Set(entries.map(lower))
  const suffixes = [...known].filter((entry) => entry.startsWith('.'))
  return (text) => {
    const low = lower(text)
    const at = low.lastIndexOf('@')
    return known.has(low) || (at >= 0 && (known.has(low.slice(at)) || suffixes.some((suffix) => low.slice(at + 1).endsWith(suffix))))
  }
}

/** The first expression decides; `!` in front refuses what does not match. */
const regex = (entries: readonly Bytes[]): RefusalList => {
  const bad: Bytes[] = []
  const tests = entries.flatMap((entry) => {
    const isNegated = entry.startsWith('!')
    const test = posixRegex(isNegated ? entry.slice(1) : entry)
    if (test === undefined) bad.push(entry)
    return test === undefined ? [] : [isNegated ? (text: Bytes) => !test(text) : test]
  })
  return { refuses: (text) => tests.some((test) => test(text)), bad }
}

/** `!` in front exempts, `+` at the end only counts for clients that may not relay; a lone `!` refuses the empty text. */
const wildmat = (entries: readonly Bytes[]): Refuses => {
  const rules = entries.map((entry) => {
    const isExempt = entry.length > 1 && entry.startsWith('!')
    const isNoRelay = entry.endsWith('+')
    const body = lower(entry.slice(isExempt ? 1 : 0, isNoRelay ? -1 : undefined))
    const pattern = body.startsWith('@') ? `*${body}` : body
    return { isExempt, isNoRelay, test: entry === '!' ? (text: Bytes) => text === '' : glob(pattern) }
  })
  return (text, isRelay) => {
    const hits = rules.filter(({ isNoRelay, test }) => !(isNoRelay && isRelay) && test(lower(text)))
    return hits.length > 0 && !hits.some(({ isExempt }) => isExempt)
  }
}

/** The entries of a list in its dialect. */
export const refusalList = (entries: readonly Bytes[], dialect: Dialect): RefusalList => {
  if (dialect === 'regex') return regex(entries)
  return { refuses: dialect === 'plain' ? plain(entries) : wildmat(entries), bad: [] }
}
