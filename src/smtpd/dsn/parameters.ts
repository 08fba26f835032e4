import type { Bytes } from '../../core/bytes.ts'
import { escapedUtf8 } from '../../format/typed-address.ts'
import { isUtf8Address } from '../../format/unicode/utf8.ts'
import { isXtext } from '../../format/xtext.ts'
import { isOrcpt, type RecipientNote } from '../../queue/notes.ts'
import type { Parameter } from '../esmtp/parameters.ts'

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

/** The address behind `utf-8;` may come as it is in a transaction of SMTPUTF8 (RFC 6533 3); it is kept in the form that always passes. */
const original = (value: Bytes): Bytes => (/^utf-8;/i.test(value) && isUtf8Address(value) ? escapedUtf8(value) : value)

/** ORCPT=type;xtext (section 4.2). */
export const orcpt: Parameter = (value = '', { state }) => (isOrcpt(state.isUtf8 ? original(value) : value) ? undefined : '501 malformed ORCPT (#5.5.4)')

/** What MAIL asks for, DSN's, SMTPUTF8 and REQUIRETLS, as notes on the message. */
export const messageItems = (values: Values): Bytes[] => {
  const [returned, id] = [values.get('RET'), values.get('ENVID')]
  return [
    ...(values.has('SMTPUTF8') ? ['utf8'] : []),
    ...(values.has('REQUIRETLS') ? ['tls'] : []),
    ...(returned === undefined ? [] : [`ret=${returned.charAt(0).toUpperCase()}`]),
    ...(id === undefined ? [] : [`envid=${id}`])
  ]
}

/** What RCPT asks for; undefined: nothing. */
export const recipientNote = (values: Values): RecipientNote | undefined => {
  const [when, given] = [values.get('NOTIFY'), values.get('ORCPT')]
  if (when === undefined && given === undefined) return undefined
  const list = when === undefined ? [] : words(when)
  const letters = list[0] === 'NEVER' ? 'N' : Object.entries(LETTERS).map(([word, letter]) => (list.includes(word) ? letter : ''))
  return { notify: when === undefined ? undefined : [...letters].join(''), orcpt: given && original(given) }
}
