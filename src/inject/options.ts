import minimist, { type Opts, type ParsedArgs } from 'minimist'
import type { Bytes } from '../core/bytes.ts'
import { Usage } from '../core/failure.ts'

/** What one option letter takes (the rest of its word, else the next word; `attached`: the rest of its word only), and the long options it stands for. */
export interface Letter {
  takes?: 'word' | 'attached'
  means: (value: Bytes) => Bytes[]
  /** Nothing after this option is looked at. */
  isLast?: (value: Bytes) => boolean
}
export type Letters = Readonly<Record<string, Letter>>
/** Long words that a caller may use (`--name` or `--name=value`), and the options they stand for. Any other word with two dashes ends the options. */
export type Words = Readonly<Record<string, (value: Bytes) => Bytes[]>>

interface Expanded {
  long: Bytes[]
  operands: Bytes[]
}

/** Long options for the letters of a command line, by the rules of getopt and not of GNU's (spec injection-admin.md 1.1). Throws Usage. */
const expand = (calledAs: string, args: readonly Bytes[], letters: Letters, words: Words): Expanded => {
  const long: Bytes[] = []
  let at = 0
  for (; at < args.length; at++) {
    const word = args[at] as Bytes
    if (!word.startsWith('-') || word === '-') break
    if (word.startsWith('--')) {
      const [, name = '', value = ''] = /^--([a-z-]+)=?(.*)$/s.exec(word) ?? []
      if (!Object.hasOwn(words, name)) return { long, operands: args.slice(at + 1) }
      long.push(...(words[name]?.(value) ?? []))
      continue
    }
    for (let i = 1; i < word.length; i++) {
      const letter = Object.hasOwn(letters, word[i] as string) ? letters[word[i] as string] : undefined
      if (letter === undefined) throw new Usage(`${calledAs}: illegal option -- ${word[i]}`)
      let value = ''
      if (letter.takes !== undefined) {
        value = word.slice(i + 1)
        if (letter.takes === 'word' && value === '') {
          at++
          const next = args[at]
          if (next === undefined) throw new Usage(`${calledAs}: option requires an argument -- ${word[i]}`)
          value = next
        }
        i = word.length
      }
      long.push(...letter.means(value))
      if (letter.isLast?.(value)) return { long, operands: [] }
    }
  }
  return { long, operands: args.slice(at) }
}

/** A command line, parsed by minimist once its letters are spelled out; operands in `_`. Of options given twice, `last` knows the one that counts. Throws Usage. */
export const parseOptions = (calledAs: string, args: readonly Bytes[], letters: Letters, opts: Opts, words: Words = {}): ParsedArgs => {
  const { long, operands } = expand(calledAs, args, letters, words)
  return { ...minimist(long, opts), _: operands }
}

/** The value of an option that may have been given several times: the last. */
export const last = (value: unknown): Bytes | undefined => {
  const one: unknown = Array.isArray(value) ? value.at(-1) : value
  return typeof one === 'string' ? one : undefined
}
