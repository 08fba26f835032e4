import type { Bytes } from '../../core/bytes.ts'
import type { Dialogue } from '../dialogue.ts'
import { TOO_BIG } from '../transfer.ts'

/** What is wrong with a parameter's value, as a reply; undefined: nothing. */
export type Parameter = (value: Bytes | undefined, dialogue: Dialogue) => Bytes | undefined

/** The disk has no room for it now. */
const NO_ROOM = '452 not enough room (#4.3.1)'

/** SIZE=bytes (RFC 1870): too many, for us or for now, are refused before they are sent. */
export const size: Parameter = (value, { options }) => {
  if (value === undefined || !/^[0-9]{1,20}$/.test(value)) return '501 malformed size (#5.5.4)'
  if (Number(value) > options.maxBytes) return TOO_BIG
  return options.hasRoom(Number(value)) ? undefined : NO_ROOM
}

/** BODY=7BIT or 8BITMIME (RFC 6152): both are the same to us, 8-bit bytes pass. */
export const body: Parameter = (value) => (/^(7BIT|8BITMIME)$/i.test(value ?? '') ? undefined : '501 unknown body type (#5.5.4)')
