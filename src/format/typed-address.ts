import { type Bytes, isAscii, toBuffer, utf8Bytes } from '../core/bytes.ts'
import { isInUtf8 } from './unicode/utf8.ts'

const escaped = (text: Bytes, characters: RegExp): string =>
  toBuffer(text)
    .toString('utf8')
    .replace(characters, (one) => `\\x{${(one.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`)

/** A text in UTF-8 as ASCII, each other character as `\x{HEX}` (RFC 6533 3). */
export const escapedUtf8 = (text: Bytes): Bytes => escaped(text, /[^\0-\x7f]/gu)

/**
 * An address with its type, as a field of a delivery report (RFC 3464, section 2.1.2): `rfc822; joe@example.org`. One in UTF-8 has the type utf-8, and is written in ASCII all
 * the same, as `\x{HEX}`, but in a report that is `global`, where it stands as it is (RFC 6533, section 3). Bytes that are neither become `?`.
 */
export const typedAddress = (address: Bytes, isGlobal = false): Bytes => {
  if (isAscii(address) || !isInUtf8(address)) return `rfc822; ${address.replace(/[^ -~]/g, '?')}`
  const visible = address.replace(/[\0-\x1f]/g, '?')
  return `utf-8; ${isGlobal ? utf8Bytes(escaped(visible, /[\\+= \x7f-\x9f]/gu)) : escaped(visible, /[\\+= ]|[^\0-\x7e]/gu)}`
}
