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

/** qmail-inject's command line (spec injection-admin.md 2.1). Throws Usage. */
export const parseInjectOptions = (calledAs: string, args: readonly Bytes[]): InjectOptions => {
  const parsed = parseOptions(calledAs, args, injectLetters, { boolean: ['dry'], string: ['from', 'sender'] })
  return { isDry: parsed.dry === true, from: (last(parsed.from) ?? 'either') as RecipientSource, sender: last(parsed.sender), operands: parsed._ }
}

/** Does this message's header name recipients that count, and do the arguments? */
export const recipientSources = ({ from, operands }: InjectOptions): { useArguments: boolean; useHeader: boolean } => ({
  useArguments: from !== 'header',
  useHeader: from === 'header' || from === 'both' || (from === 'either' && operands.length === 0)
})
