import type { Resolver as NodeResolver } from 'node:dns/promises'
import type { Bytes } from '../core/bytes.ts'
import { errorCode } from '../core/failure.ts'
import type { Env } from '../core/run.ts'

/**
 * `none`: there is no such name, or it has no such record. `temporary`: ask again later. `secureName`: the name at the end of the aliases, where DNSSEC vouches for
 * the answer and all of them.
 */
export type Answer<T> = { kind: 'ok'; records: T[]; secureName?: Bytes } | { kind: 'none'; secureName?: Bytes } | { kind: 'temporary' }

export interface Mx {
  preference: number
  /** The target; empty for the root (a null MX). */
  exchange: Bytes
}

/** What the suite asks of DNS; passed in as a parameter, so that tests bring their own. Never throws. */
export interface Resolver {
  mx(name: Bytes): Promise<Answer<Mx>>
  a(name: Bytes): Promise<Answer<string>>
  aaaa(name: Bytes): Promise<Answer<string>>
}

/** The same for TXT records: each one's strings, joined. */
export interface TextResolver {
  txt(name: Bytes): Promise<Answer<Bytes>>
}

const NONE = { kind: 'none' } as const
/** One try, in milliseconds; c-ares doubles it for each of the next ones. */
const FIRST_TRY_MILLISECONDS = 3000
const TRIES = 4
/** The configuration of the machine is read again this often (spec network.md 2.1). */
const RENEW_MILLISECONDS = 600_000

/** What DNS answers for certain. All else, a name server that is out of reach for one, may change. */
const noSuch = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

/** Names that cannot be in DNS as they stand: empty, the root, with bytes that a library would take for a foreign name. */
const isAskable = (name: Bytes): boolean => /^[!-~]+$/.test(name) && name !== '.'

/** What became of a question. Never throws. */
export const answer = async <T>(question: Promise<T[]>): Promise<Answer<T>> => {
  try {
    const records = await question
    return records.length === 0 ? NONE : { kind: 'ok', records }
  } catch (error) {
    return noSuch.has(errorCode(error) ?? '') ? NONE : { kind: 'temporary' }
  }
}

/**
 * The servers of $DNSCACHEIP: one address, or several packed as `1.2.3.4.5.6.7.8`, with an optional `:port` for all of them.
 * Undefined when it is unset or makes no sense: /etc/resolv.conf decides.
 */
export const dnsServers = (env: Env): string[] | undefined => {
  const [, packed, port] = /^([0-9.]+)(:[0-9]{1,5})?$/.exec(env.DNSCACHEIP ?? '') ?? []
  const groups = packed?.match(/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?=\.|$)/g)?.filter((ip) => ip.split('.').every((n) => Number(n) <= 255))
  return groups?.length ? groups.slice(0, 16).map((ip) => `${ip}${port ?? ''}`) : undefined
}

/** DNS over node:dns, which is loaded at the first question. Truncated answers are asked for again by TCP. */
export const systemResolver = (env: Env): Resolver & TextResolver => {
  let current: { dns: NodeResolver; since: number } | undefined
  const dns = async (): Promise<NodeResolver> => {
    if (current === undefined || Date.now() - current.since > RENEW_MILLISECONDS) {
      const { Resolver: Dns } = await import('node:dns/promises')
      const fresh = new Dns({ timeout: FIRST_TRY_MILLISECONDS, tries: TRIES })
      const servers = dnsServers(env)
      if (servers) fresh.setServers(servers)
      current = { dns: fresh, since: Date.now() }
    }
    return current.dns
  }
  return {
    mx: async (name) => {
      if (!isAskable(name)) return NONE
      const found = await answer((await dns()).resolveMx(name))
      if (found.kind !== 'ok') return found
      return { kind: 'ok', records: found.records.map(({ priority, exchange }) => ({ preference: priority, exchange })) }
    },
    a: async (name) => (isAskable(name) ? answer((await dns()).resolve4(name)) : NONE),
    aaaa: async (name) => (isAskable(name) ? answer((await dns()).resolve6(name)) : NONE),
    txt: async (name) => {
      if (!isAskable(name)) return NONE
      const found = await answer((await dns()).resolveTxt(name))
      return found.kind === 'ok' ? { kind: 'ok', records: found.records.map((strings) => strings.join('')) } : found
    }
  }
}
