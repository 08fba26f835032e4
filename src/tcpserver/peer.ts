import type { Bytes } from '../core/bytes.ts'

/** The two ends of a TCP connection, as numbers. */
export interface Addresses {
  localIp: Bytes
  localPort: number
  remoteIp: Bytes
  remotePort: number
}

/** What was found out about them; undefined where nobody knows. */
export interface Names {
  localHost: Bytes | undefined
  remoteHost: Bytes | undefined
  remoteInfo: Bytes | undefined
}

/** An IPv4 address in IPv6 clothes is an IPv4 address. */
const plain = (ip: string): Bytes => (/^::ffff:[0-9.]+$/i.test(ip) ? ip.slice(7) : ip)

/** The ends of a connected socket; undefined when it is connected no more. */
export const addressesOf = (s: {
  localAddress?: string | undefined
  localPort?: number | undefined
  remoteAddress?: string | undefined
  remotePort?: number | undefined
}): Addresses | undefined =>
  s.localAddress === undefined || s.remoteAddress === undefined
    ? undefined
    : { localIp: plain(s.localAddress), localPort: s.localPort ?? 0, remoteIp: plain(s.remoteAddress), remotePort: s.remotePort ?? 0 }

/** The variables of the TCP environment (spec network.md 1.3, 2.7); undefined: to be unset, whatever it was. */
export const tcpVariables = (a: Addresses, names: Names): Record<string, Bytes | undefined> => {
  const isV6 = a.remoteIp.includes(':')
  const both: [string, Bytes | undefined][] = [
    ['LOCALIP', a.localIp],
    ['LOCALPORT', String(a.localPort)],
    ['LOCALHOST', names.localHost],
    ['REMOTEIP', a.remoteIp],
    ['REMOTEPORT', String(a.remotePort)],
    ['REMOTEHOST', names.remoteHost],
    ['REMOTEINFO', names.remoteInfo]
  ]
  const variables: Record<string, Bytes | undefined> = { PROTO: isV6 ? 'TCP6' : 'TCP' }
  for (const [name, value] of both) variables[`TCP${name}`] = value
  if (isV6) for (const [name, value] of both) variables[`TCP6${name}`] = value
  return variables
}

const MAX_FIELD = 100
const field = (text: Bytes | undefined): Bytes => {
  if (text === undefined) return ''
  const safe = text.replace(/[^!-~]|[%:]/g, '?')
  return safe.length > MAX_FIELD ? `${safe.slice(0, MAX_FIELD)}...` : safe
}

/** The part of an `ok` or `deny` line that names the two ends (spec network.md 2.1). */
export const logEnds = (a: Addresses, names: Names): Bytes =>
  `${field(names.localHost)}:${a.localIp}:${a.localPort} ${field(names.remoteHost)}:${a.remoteIp}:${field(names.remoteInfo)}:${a.remotePort}`
