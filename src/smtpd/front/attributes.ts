import { isIP } from 'node:net'
import type { Bytes } from '../../core/bytes.ts'
import { fromXtext, isXtext } from '../../format/xtext.ts'
import { canonicalAddress } from '../../net/ip.ts'

/** What a front end may say of the client it speaks for (XCLIENT), or of the one its message came from (XFORWARD). */
export const XCLIENT = ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'LOGIN', 'DESTADDR', 'DESTPORT'] as const
export const XFORWARD = ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'IDENT', 'SOURCE'] as const

/** By name in upper case; undefined: the front end does not know either. */
export type Attributes = ReadonlyMap<Bytes, Bytes | undefined>

const MAX_VALUE_BYTES = 255
const UNKNOWN = ['[UNAVAILABLE]', '[TEMPUNAVAIL]']

const address = (value: Bytes): Bytes | undefined => {
  const ip = value.replace(/^IPV6:/i, '')
  return isIP(ip) === 0 || ip.includes('%') ? undefined : canonicalAddress(ip)
}
const port = (value: Bytes): Bytes | undefined => (/^(0|[1-9]\d{0,4})$/.test(value) && Number(value) <= 65_535 ? value : undefined)
const protocol = (value: Bytes): Bytes | undefined => (/^E?SMTP$/i.test(value) ? value.toUpperCase() : undefined)
/** It becomes a variable, and a word in the log. */
const text = (value: Bytes): Bytes | undefined => (/^[ -~\x80-\xff]+$/.test(value) && value.length <= MAX_VALUE_BYTES ? value : undefined)

const READERS: Readonly<Record<Bytes, (value: Bytes) => Bytes | undefined>> = { ADDR: address, DESTADDR: address, PORT: port, DESTPORT: port, PROTO: protocol }

/** The attributes in an argument, `NAME=value ...`, values in xtext, of these names; undefined: it makes no sense. */
export const attributesIn = (argument: Bytes, names: readonly Bytes[]): Attributes | undefined => {
  const attributes = new Map<Bytes, Bytes | undefined>()
  for (const word of argument.split(' ').filter((one) => one !== '')) {
    const equals = word.indexOf('=')
    const name = word.slice(0, Math.max(equals, 0)).toUpperCase()
    const given = word.slice(equals + 1)
    if (!names.includes(name) || attributes.has(name) || !isXtext(given)) return undefined
    const isUnknown = UNKNOWN.includes(given.toUpperCase())
    const value = isUnknown ? undefined : (Object.hasOwn(READERS, name) ? READERS[name] : text)?.(fromXtext(given))
    if (value === undefined && !isUnknown) return undefined
    attributes.set(name, value)
  }
  return attributes.size === 0 ? undefined : attributes
}
