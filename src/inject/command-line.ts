import type { Bytes } from '../core/bytes.ts'
import { type Letters, last, parseOptions } from './options.ts'

/** Where recipients come from: arguments, header, both, or arguments if there are any, else the header. */
export type RecipientSource = 'arguments' | 'header' | 'both' | 'either'

export interface InjectOptions {
  /** Print the message instead of queueing it. */
  isDry: boolean
  from: RecipientSource
  /** -f. */
  sender: Bytes | undefined
  /** new-inject's -F -I -M -R -S: letters of QMAILINJECT. */
  letters: Bytes
  operands: Bytes[]
}

/** The letters of its command line, and what they mean. */
export const injectLetters: Letters = {
  n: { means: () => ['--dry'] },
  N: { means: () => ['--no-dry'] },
  a: { means: () => ['--from=arguments'] },
  h: { means: () => ['--from=header'] },
  H: { means: () => ['--from=both'] },
  A: { means: () => ['--from=either'] },
  f: { takes: 'word', means: (sender) => [`--sender=${sender}`] }
}

export const NEW_INJECT = 'new-inject'
/** Under this name some letters of QMAILINJECT are options too, and it knows them as capitals (spec injection-admin.md 2.14). */
const MORE_LETTERS = 'FIMRS'
export const newInjectLetters: Letters = {
  ...injectLetters,
  ...Object.fromEntries(Array.from(MORE_LETTERS, (letter) => [letter, { means: () => [`--letter=${letter.toLowerCase()}`] }]))
}

/** The letters of QMAILINJECT, as the program of this name takes them. */
export const lettersIn = (calledAs: string, letters: Bytes): Bytes =>
  calledAs === NEW_INJECT ? Array.from(letters, (letter) => (MORE_LETTERS.includes(letter) ? letter.toLowerCase() : letter)).join('') : letters

/** The command line of qmail-inject (spec injection-admin.md 2.1), or of new-inject, by the name it is called by. Throws Usage. */
export const parseInjectOptions = (calledAs: string, args: readonly Bytes[]): InjectOptions => {
  const letters = calledAs === NEW_INJECT ? newInjectLetters : injectLetters
  const parsed = parseOptions(calledAs, args, letters, { boolean: ['dry'], string: ['from', 'sender', 'letter'] })
  return {
    isDry: parsed.dry === true,
    from: (last(parsed.from) ?? 'either') as RecipientSource,
    sender: last(parsed.sender),
    letters: [parsed.letter ?? ''].flat().join(''),
    operands: parsed._
  }
}

/** Does this message's header name recipients that count, and do the arguments? */
export const recipientSources = ({ from, operands }: InjectOptions): { useArguments: boolean; useHeader: boolean } => ({
  useArguments: from !== 'header',
  useHeader: from === 'header' || from === 'both' || (from === 'either' && operands.length === 0)
})
