import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'

/** The two ends of a TCP connection, as numbers. */
export interface Addresses {
  localIp: Bytes
  localPort: number
  remoteIp: Bytes
  remotePort: number
  /** The interface of a link-local connection. */
  zone?: Bytes
}

/** What was found out about them; undefined where nobody knows. */
export interface Names {
  localHost: Bytes | undefined
  remoteHost: Bytes | undefined
  remoteInfo: Bytes | undefined
}

/** An IPv4 address in IPv6 clothes is an IPv4 address. */
export const plainAddress = (ip: string): Bytes => (/^::ffff:[0-9.]+$/i.test(ip) ? ip.slice(7) : ip)

/** An address and, of a link-local one, the interface it is at. */
const split = (ip: string): { ip: Bytes; zone: Bytes | undefined } => {
  const [plain = '', zone] = ip.split('%')
  return { ip: plainAddress(plain), zone }
}

/** The ends of a connected socket; undefined when it is connected no more. */
export const addressesOf = (s: {
  localAddress?: string | undefined
  localPort?: number | undefined
  remoteAddress?: string | undefined
  remotePort?: number | undefined
}): Addresses | undefined => {
  if (s.localAddress === undefined || s.remoteAddress === undefined) return undefined
  const [local, remote] = [split(s.localAddress), split(s.remoteAddress)]
  const ends = { localIp: local.ip, localPort: s.localPort ?? 0, remoteIp: remote.ip, remotePort: s.remotePort ?? 0 }
  return remote.zone === undefined ? ends : { ...ends, zone: remote.zone }
}

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
  if (!isV6) return variables
  for (const [name, value] of both) variables[`TCP6${name}`] = value
  if (a.zone !== undefined) variables.TCP6INTERFACE = a.zone
  return variables
}

/** An environment with variables set and unset. */
export const withVariables = (env: Readonly<Env>, variables: Iterable<readonly [name: string, value: Bytes | undefined]>): Env => {
  const changed: Env = { ...env }
  for (const [name, value] of variables) {
    if (value === undefined) delete changed[name]
    else changed[name] = value
  }
  return changed
}
