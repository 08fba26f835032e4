import { type Bytes, isAscii } from '../core/bytes.ts'
import { waivesTls } from '../format/header.ts'
import { isInUtf8 } from '../format/unicode/utf8.ts'
import { toXtext } from '../format/xtext.ts'
import { type NotesText, packNotes } from '../queue/notes.ts'
import { Refusal, Sysexit } from './front-end.ts'
import type { Letter } from './way-out.ts'

/** What a caller of sendmail wants to hear of its message (RFC 3461): -N, -R, -V. */
export interface ReportWishes {
  /** For every recipient; as in RecipientNote. */
  notify: string | undefined
  ret: 'F' | 'H' | undefined
  /** Xtext. */
  envid: Bytes | undefined
}

const MAX_ENVID_BYTES = 100
const CONDITIONS = { success: 'S', failure: 'F', delay: 'D' } as const

const notifyOf = (value: Bytes): string => {
  const words = value.toLowerCase().split(',')
  if (words.length === 1 && words[0] === 'never') return 'N'
  if (!words.every((word) => Object.hasOwn(CONDITIONS, word)))
    throw new Refusal(`-N takes never, or a list of success, failure, delay, not ${value}`, Sysexit.usage)
  return Object.entries(CONDITIONS)
    .filter(([word]) => words.includes(word))
    .map(([, letter]) => letter)
    .join('')
}

const retOf = (value: Bytes): 'F' | 'H' => {
  const word = value.toLowerCase()
  if (word !== 'full' && word !== 'hdrs') throw new Refusal(`-R takes full or hdrs, not ${value}`, Sysexit.usage)
  return word === 'full' ? 'F' : 'H'
}

const envidOf = (value: Bytes): Bytes => {
  const envid = toXtext(value)
  if (envid.length > MAX_ENVID_BYTES) throw new Refusal(`the envelope id of -V is too long: ${value}`, Sysexit.usage)
  return envid
}

const given = <T>(value: Bytes | undefined, read: (value: Bytes) => T): T | undefined => (value === undefined || value === '' ? undefined : read(value))

/** The values of -N, -R, -V; undefined or empty: not given. Throws Refusal for what they cannot be. */
export const parseReportWishes = (values: { notify: Bytes | undefined; ret: Bytes | undefined; envid: Bytes | undefined }): ReportWishes => ({
  notify: given(values.notify, notifyOf),
  ret: given(values.ret, retOf),
  envid: given(values.envid, envidOf)
})

/** Nothing is wished. */
export const NO_WISHES: ReportWishes = { notify: undefined, ret: undefined, envid: undefined }

/** Is it mail of SMTPUTF8 (spec modern.md 5.4): an address or the header is not ASCII, and what is not ASCII is UTF-8? */
const isInternational = ({ sender, recipients, header }: Letter): boolean => {
  const texts = [header, sender, ...recipients]
  return !texts.every(isAscii) && texts.every(isInUtf8)
}

/** What is wished, and what sort of mail it is, as notes for a message; undefined: nothing is to be noted. Throws Refusal when there are too many recipients for it. */
export const notesFor = ({ notify, ret, envid }: ReportWishes, letter: Letter): NotesText | undefined => {
  const count = letter.recipients.length
  const items = [
    ...(isInternational(letter) ? ['utf8'] : []),
    ...(waivesTls(letter.header) ? ['notls'] : []),
    ...(ret === undefined ? [] : [`ret=${ret}`]),
    ...(envid === undefined ? [] : [`envid=${envid}`])
  ]
  const recipients = new Map(notify === undefined ? [] : Array.from({ length: count }, (_, index) => [index, { notify, orcpt: undefined }] as const))
  if (items.length + recipients.size === 0) return undefined
  const text = packNotes({ items, recipients })
  if (text === undefined) throw new Refusal(`-N is for fewer recipients than ${count}`, Sysexit.usage)
  return text
}
