import type { Bytes } from '../../core/bytes.ts'
import { isXtext } from '../../format/xtext.ts'
import { isOrcpt, type RecipientNote } from '../../queue/notes.ts'
import type { Parameter } from '../parameters.ts'

const MAX_ENVID_BYTES = 100
const LETTERS = { SUCCESS: 'S', FAILURE: 'F', DELAY: 'D' } as const

/** The values of MAIL's or RCPT's parameters, by name in upper case. */
export type Values = ReadonlyMap<Bytes, Bytes | undefined>

/** RET=FULL or HDRS (RFC 3461, section 4.3). */
export const ret: Parameter = (value) => (/^(?:FULL|HDRS)$/i.test(value ?? '') ? undefined : '501 malformed RET (#5.5.4)')

/** ENVID=xtext (section 4.4). */
export const envid: Parameter = (value = '') => (value !== '' && value.length <= MAX_ENVID_BYTES && isXtext(value) ? undefined : '501 malformed ENVID (#5.5.4)')

const words = (value: Bytes): Bytes[] => value.toUpperCase().split(',')

/** NOTIFY=NEVER, or a list of SUCCESS, FAILURE, DELAY (section 4.1). */
export const notify: Parameter = (value = '') => {
  const list = words(value)
  const isGood = value.toUpperCase() === 'NEVER' || (list.every((word) => Object.hasOwn(LETTERS, word)) && new Set(list).size === list.length)
  return isGood ? undefined : '501 malformed NOTIFY (#5.5.4)'
}

/** ORCPT=type;xtext (section 4.2). */
export const orcpt: Parameter = (value = '') => (isOrcpt(value) ? undefined : '501 malformed ORCPT (#5.5.4)')

/** What MAIL asks for, as notes on the message. */
export const messageItems = (values: Values): Bytes[] => {
  const [returned, id] = [values.get('RET'), values.get('ENVID')]
  return [...(returned === undefined ? [] : [`ret=${returned.charAt(0).toUpperCase()}`]), ...(id === undefined ? [] : [`envid=${id}`])]
}

/** What RCPT asks for; undefined: nothing. */
export const recipientNote = (values: Values): RecipientNote | undefined => {
  const [when, original] = [values.get('NOTIFY'), values.get('ORCPT')]
  if (when === undefined && original === undefined) return undefined
  const list = when === undefined ? [] : words(when)
  const letters = list[0] === 'NEVER' ? 'N' : Object.entries(LETTERS).map(([word, letter]) => (list.includes(word) ? letter : ''))
  return { notify: when === undefined ? undefined : [...letters].join(''), orcpt: original }
}
