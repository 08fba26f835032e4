import type { Bytes } from '../core/bytes.ts'
import { operandSender } from './front-end.ts'
import { type Letters, last, parseOptions, type Words } from './options.ts'

/** What sendmail is asked to do. `nothing`: a question we have no answer to, or work that needs none. */
export type SendmailMode = 'submit' | 'list' | 'smtp' | 'count' | 'aliases' | 'verify' | 'test' | 'nothing' | 'refused'

export interface SendmailOptions {
  mode: SendmailMode
  /** -t: the header's recipients too. */
  useHeader: boolean
  /** -f or -r. */
  sender: Bytes | undefined
  /** -F. */
  name: Bytes | undefined
  /** -q: deliver what waits in the queue, submit nothing. */
  isFlush: boolean
  /** -N, -R, -V, as given. */
  notify: Bytes | undefined
  ret: Bytes | undefined
  envid: Bytes | undefined
  operands: Bytes[]
}

const ignored = { means: () => [] }
const ignoredWord = { takes: 'word', means: () => [] } as const
const ignoredRest = { takes: 'attached', means: () => [] } as const
const senderWord = { takes: 'word', means: (value: Bytes) => [`--sender=${value}`] } as const

const modes: Record<string, SendmailMode> = { m: 'submit', p: 'list', s: 'smtp', P: 'count', i: 'aliases', v: 'verify', t: 'test', h: 'nothing', H: 'nothing' }
const modeOf = (value: Bytes): SendmailMode => modes[value[0] ?? ''] ?? 'refused'

const each = (letters: string, letter: Letters[string]): Letters => Object.fromEntries(Array.from(letters, (l) => [l, letter]))

/** Everything Postfix's sendmail takes, and what others add (spec injection-admin.md 13.1). */
const mailqLetters: Letters = {
  ...each('vimxnGUc46', ignored),
  ...each('aeopBACDhLOX', ignoredWord),
  ...each('EJd', ignoredRest),
  ...each('fr', senderWord),
  t: { means: () => ['--header'] },
  F: { takes: 'word', means: (name) => [`--name=${name}`] },
  N: { takes: 'word', means: (value) => [`--notify=${value}`] },
  R: { takes: 'word', means: (value) => [`--ret=${value}`] },
  V: { takes: 'word', means: (value) => [`--envid=${value}`] },
  I: { means: () => ['--mode=aliases'] },
  Q: { takes: 'attached', means: () => ['--mode=refused'] },
  b: {
    takes: 'word',
    means: (value) => [`--mode=${modeOf(value)}`],
    isLast: (value) => ['list', 'smtp', 'refused'].includes(modeOf(value))
  }
}
/** Under the name mailq, -q is wrong, as it always was. */
export const sendmailLetters: Letters = { ...mailqLetters, q: { takes: 'attached', means: () => ['--flush'] } }

/** Of msmtp's long words those that stand in the settings of programs written for it; where its mail goes is not theirs to say here. */
const msmtpWords: Words = {
  account: () => [],
  file: () => [],
  'read-envelope-from': () => [],
  'read-recipients': () => ['--header'],
  from: (sender) => [`--sender=${sender}`]
}

/** sendmail's command line (spec injection-admin.md 3.1, 13.1). Throws Usage. */
export const parseSendmailOptions = (calledAs: string, args: readonly Bytes[]): SendmailOptions => {
  const letters = calledAs === 'mailq' ? mailqLetters : sendmailLetters
  const parsed = parseOptions(
    calledAs,
    args,
    letters,
    { boolean: ['header', 'flush'], string: ['mode', 'sender', 'name', 'notify', 'ret', 'envid'] },
    msmtpWords
  )
  const sender = last(parsed.sender)
  return {
    mode: (last(parsed.mode) ?? 'submit') as SendmailMode,
    useHeader: parsed.header === true,
    sender: sender === undefined ? undefined : operandSender(sender),
    name: last(parsed.name),
    isFlush: parsed.flush === true,
    notify: last(parsed.notify),
    ret: last(parsed.ret),
    envid: last(parsed.envid),
    operands: parsed._
  }
}
