import type { Bytes } from '../core/bytes.ts'

const isUtf8 = (bytes: Buffer): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/**
 * An address with its type, as a field of a delivery report (RFC 3464, section 2.1.2): `rfc822; joe@example.org`. One in UTF-8 has the type utf-8, and is
 * written in ASCII all the same, as `\x{HEX}` (RFC 6533, section 3). Bytes that are neither become `?`.
 */
export const typedAddress = (address: Bytes): Bytes => {
  if (!/[\x80-\xff]/.test(address)) return `rfc822; ${address.replace(/[^ -~]/g, '?')}`
  const bytes = Buffer.from(address, 'latin1')
  if (!isUtf8(bytes)) return `rfc822; ${address.replace(/[^ -~]/g, '?')}`
  const escaped = [...bytes.toString('utf8')].map((character) => {
    const point = character.codePointAt(0) ?? 0
    if (point > 126 || character === '\\') return `\\x{${point.toString(16).toUpperCase()}}`
    return point < 32 ? '?' : character
  })
  return `utf-8; ${escaped.join('')}`
}
