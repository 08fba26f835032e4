import type { Bytes } from '../core/bytes.ts'
import { hasLineEnd } from '../format/quote.ts'
import { ownAddresses } from '../net/ipme.ts'

/** Longer addresses are a syntax error (spec network.md 4.3, item 5). */
export const MAX_ADDRESS_BYTES = 899

/** Where the address starts in the argument of MAIL or RCPT, and the byte that ends it. */
const addressPart = (argument: Bytes): { text: Bytes; terminator: string } => {
  const bracket = argument.indexOf('<')
  if (bracket >= 0) return { text: argument.slice(bracket + 1), terminator: '>' }
  const colon = argument.indexOf(':')
  return { text: colon < 0 ? '' : argument.slice(colon + 1).replace(/^ +/, ''), terminator: ' ' }
}

const withoutRoute = (text: Bytes): Bytes => {
  if (!text.startsWith('@')) return text
  const colon = text.indexOf(':')
  return colon < 0 ? '' : text.slice(colon + 1)
}

/** Where the unquoted terminator stands, or the end. */
const endOf = (text: Bytes, terminator: string): number => {
  if (!/["\\]/.test(text)) {
    const end = text.indexOf(terminator)
    return end < 0 ? text.length : end
  }
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === '\\') i++
    else if (char === '"') isQuoted = !isQuoted
    else if (char === terminator && !isQuoted) return i
  }
  return text.length
}

/** Without quotes and backslashes. */
const unquoted = (text: Bytes): Bytes => (/["\\]/.test(text) ? text.replace(/\\([\s\S]?)|"/g, '$1') : text)

/**
 * The address in the argument of MAIL or RCPT, in its raw form, without quoting; undefined is a syntax error (spec network.md 4.3).
 * One with a CR or LF in it is one, too: whoever passes it on would say more than it should. `replaceLiteral` may give another host for an address literal: it is asked with what stands between the brackets.
 */
export const parseAddress = (argument: Bytes, replaceLiteral: (ip: Bytes) => Bytes | undefined): Bytes | undefined => {
  const { text, terminator } = addressPart(argument)
  const path = withoutRoute(text)
  let address = unquoted(path.slice(0, endOf(path, terminator)))
  if (address.endsWith(']')) {
    const at = address.lastIndexOf('@')
    const literal = at < 0 ? undefined : /^\[([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)\]$/.exec(address.slice(at + 1))?.[1]
    const host = literal === undefined ? undefined : replaceLiteral(literal)
    if (host !== undefined) address = address.slice(0, at + 1) + host
  }
  return address.length > MAX_ADDRESS_BYTES || hasLineEnd(address) ? undefined : address
}

/** An address literal's numbers as qmail reads them: each modulo 256, without leading zeros. */
export const canonicalIp = (ip: Bytes): Bytes =>
  ip
    .split('.')
    .map((n) => Number(BigInt.asUintN(8, BigInt(n))))
    .join('.')

/** As parseAddress, with our own addresses in brackets replaced by `localiphost`, where that is set. */
export const pathIn = (argument: Bytes, localiphost: Bytes | undefined): Bytes | undefined =>
  parseAddress(argument, (ip) => (localiphost !== undefined && ownAddresses().has(canonicalIp(ip)) ? localiphost : undefined))

/** What follows the address in the argument of MAIL or RCPT. */
export const parametersOf = (argument: Bytes): Bytes => {
  const { text, terminator } = addressPart(argument)
  const path = withoutRoute(text)
  return path.slice(endOf(path, terminator) + 1)
}
