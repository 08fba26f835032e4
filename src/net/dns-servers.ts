import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { dnsServers } from './dns.ts'
import { canonicalAddress } from './ip.ts'

/** A name server. */
export interface DnsServer {
  ip: string
  port: number
}

const DNS_PORT = 53
const RESOLV_CONF = '/etc/resolv.conf'
const MAX_SERVERS = 3

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1'

const serverIn = (text: string): DnsServer => {
  const [ip = '', port] = text.split(':')
  return { ip, port: port === undefined ? DNS_PORT : Number(port) }
}

/** The servers of resolv.conf (resolv.conf(5)), and whether it says that what they say of DNSSEC may be believed (`options trust-ad`). */
export const resolvConfServers = (text: Bytes): { servers: DnsServer[]; isTrusted: boolean } => {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  const ips = lines.filter(([word]) => word === 'nameserver').map(([, ip = '']) => ip)
  const servers = ips
    .filter((ip) => isIP(ip) !== 0)
    .slice(0, MAX_SERVERS)
    .map((ip) => ({ ip, port: DNS_PORT }))
  return { servers, isTrusted: lines.some(([word, ...options]) => word === 'options' && options.includes('trust-ad')) }
}

/**
 * The servers of this machine, if all of them may be believed when they say that DNSSEC vouches for an answer (spec modern.md 3.5): they are on this host, or
 * resolv.conf says so, or they are among `trusted`. Undefined: not all may. One that may not would let whoever silences the others undo DNSSEC.
 */
export const trustedServers = (env: Env, trusted: readonly Bytes[]): DnsServer[] | undefined => {
  const named = dnsServers(env)?.map(serverIn)
  let found: { servers: DnsServer[]; isTrusted: boolean }
  try {
    found = named ? { servers: named, isTrusted: false } : resolvConfServers(readFileSync(RESOLV_CONF, 'latin1'))
  } catch {
    return undefined // who knows no server trusts none
  }
  const also = new Set(trusted.map(canonicalAddress))
  const areTrusted = found.isTrusted || found.servers.every(({ ip }) => isLoopback(ip) || also.has(canonicalAddress(ip)))
  return found.servers.length > 0 && areTrusted ? found.servers : undefined
}
