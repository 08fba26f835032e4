import { readSetting } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { type DIALECTED, type Dialect, guessDialect, type Refuses, refusalList } from '../format/refusal-list.ts'
import { formsOf } from '../format/unicode/a-labels.ts'

export interface Lists {
  sender: Refuses | undefined
  recipient: Refuses | undefined
  helo: Refuses | undefined
}

const DIALECTS: readonly Bytes[] = ['plain', 'regex', 'wildmat'] satisfies Dialect[]
const dialectOf = (word: Bytes | undefined, entries: readonly Bytes[]): Dialect =>
  word !== undefined && DIALECTS.includes(word) ? (word as Dialect) : word === 'auto' ? guessDialect(entries) : 'plain'

/** Two lists as one; undefined when neither is there. */
const either = (a: Refuses | undefined, b: Refuses | undefined): Refuses | undefined =>
  a && b ? (text, isRelay) => a(text, isRelay) || b(text, isRelay) : (a ?? b)

/** Reads the lists (spec network.md 4.4, 10.4, modern.md 6.3), adding to `warnings` what is wrong in them. Throws Temporary when one cannot be read. */
export const readLists = (home: string, warnings: Bytes[]): Lists => {
  const word = readSetting(home, 'patterns')
  const read = (name: (typeof DIALECTED)[number]): Refuses | undefined => {
    const entries = readSetting(home, name)
    if (entries === undefined || entries.length === 0) return undefined
    const { refuses, bad } = refusalList(entries, dialectOf(word, entries))
    for (const entry of bad) warnings.push(`control/${name}: passed over, as it is no pattern, or one that could take for ever: ${entry}`)
    const refusesAny: Refuses = (text, isRelay) => formsOf(text).some((form) => refuses(form, isRelay))
    return name.endsWith('norelay') ? (text, isRelay) => !isRelay && refusesAny(text, isRelay) : refusesAny
  }
  return {
    sender: either(read('badmailfrom'), read('badmailfromnorelay')),
    recipient: either(read('badrcptto'), read('badrcpttonorelay')),
    helo: either(read('badhelo'), read('badhelonorelay'))
  }
}
