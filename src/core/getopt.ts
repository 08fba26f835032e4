import type { Bytes } from './bytes.ts'
import { Usage } from './failure.ts'

/** One option as given: its letter, and its value where it takes one. */
export interface Option {
  letter: string
  value: Bytes
}

/**
 * Reads a command line by getopt's rules: options end at the first word that is none, or after `--`. `letters` are those known; one
 * followed by `:` takes a value, the rest of its word or the next. Throws Usage, with `usage` (the program's usage line) below the reason.
 */
export const getopt = (name: string, letters: string, usage: string, args: readonly Bytes[]): { options: Option[]; operands: Bytes[] } => {
  const wrong = (reason: string, letter: string): Usage => new Usage(`${name}: ${reason} -- ${letter}\n${usage}`)
  const options: Option[] = []
  let at = 0
  for (let word = args[at]; word?.startsWith('-') && word !== '-'; word = args[++at]) {
    if (word === '--') return { options, operands: args.slice(at + 1) }
    for (let i = 1; i < word.length; i++) {
      const letter = word[i] as string
      const known = letter === ':' ? -1 : letters.indexOf(letter)
      if (known < 0) throw wrong('illegal option', letter)
      if (letters[known + 1] !== ':') {
        options.push({ letter, value: '' })
        continue
      }
      const value = i + 1 < word.length ? word.slice(i + 1) : args[++at]
      if (value === undefined) throw wrong('option requires an argument', letter)
      options.push({ letter, value })
      break
    }
  }
  return { options, operands: args.slice(at) }
}
