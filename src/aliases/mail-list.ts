import type { Bytes } from '../core/bytes.ts'
import { Permanent, Temporary } from '../core/failure.ts'

/** The longest address a list may be made with, and, with its `&`, one more than the longest that is read. */
const MAX_ADDRESS_BYTES = 800
const TOO_LONG_ENTRY_BYTES = 900

/** One entry of a binary list, with its NUL: an address, or with `&`, `.` or `/` first what that means. Temporary when it cannot be one. */
export const listEntry = (text: Bytes): Bytes => {
  if (text.includes('\0')) throw new Temporary('NUL bytes are not permitted')
  if (/^[./]/.test(text)) return `${text}\0`
  const entry = text.startsWith('&') ? text : `&${text}`
  if (entry.length - 1 > MAX_ADDRESS_BYTES) throw new Temporary('addresses must be under 800 bytes')
  return `${entry}\0`
}

/** A binary mailing list for setmaillist's lines (spec local-delivery.md 8.4). Temporary when one of them cannot be an entry. */
export const listOfLines = (text: Bytes): Bytes =>
  text
    .split('\n')
    .map((line) => line.replace(/[ \t]+$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(listEntry)
    .join('')

/** The entries of a binary list as fastforward reads it: what it does not know, and an unterminated tail, do not count. */
export const entriesOf = (list: Bytes): Bytes[] => list.split('\0').slice(0, -1)

/** A binary list as text, a line an entry. Permanent when it is none. */
export const printedList = (list: Bytes): Bytes => {
  const isGood = (entry: Bytes): boolean => /^[./&][^\n]*$/.test(entry) && (!entry.startsWith('&') || entry.length < TOO_LONG_ENTRY_BYTES)
  const entries = entriesOf(list)
  if ((list !== '' && !list.endsWith('\0')) || !entries.every(isGood)) throw new Permanent('bad mailing list format')
  return entries.map((entry) => `${entry}\n`).join('')
}
