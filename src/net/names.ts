import { Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { lower } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { dnsServers } from './dns.ts'

const FIRST_TIMEOUT_MILLISECONDS = 1000
const TRIES = 4
/** The configuration is looked at again after this long. */
const REREAD_MILLISECONDS = 600_000

/** The name an address's PTR record has: `4.3.2.1.in-addr.arpa`, or nibbles below `ip6.arpa`. */
export const reverseName = (ip: Bytes): string => {
  if (!isIPv6(ip)) return `${ip.split('.').reverse().join('.')}.in-addr.arpa`
  const [head = '', tail] = ip.split('%', 1)[0]?.split('::') ?? []
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail ?? '')]
  const nibbles = all.map((g) => g.padStart(4, '0')).join('')
  return `${[...nibbles].reverse().join('.')}.ip6.arpa`
}

/** Domains to try for a name without a dot: $LOCALDOMAIN, else `search` or `domain` of resolv.conf. */
const searchDomains = (env: Readonly<Env>): string[] => {
  if (env.LOCALDOMAIN !== undefined) return env.LOCALDOMAIN.split(/\s+/).filter(Boolean)
  try {
    const line = /^(?:search|domain)[ \t]+(.*)$/m.exec(readFileSync('/etc/resolv.conf', 'latin1'))
    return line?.[1]?.split(/\s+/).filter(Boolean) ?? []
  } catch {
    return [] // without the file there is nothing to search
  }
}

/** Asks the DNS, and only that (spec network.md 2.1, "DNS settings"). Answers of strangers: any bytes. */
export class NameLookup {
  readonly #env: Readonly<Env>
  #resolver: Resolver | undefined
  #madeAt = 0

  constructor(env: Readonly<Env>) {
    this.#env = env
  }

  #ask(): Resolver {
    if (this.#resolver && Date.now() - this.#madeAt < REREAD_MILLISECONDS) return this.#resolver
    const resolver = new Resolver({ timeout: FIRST_TIMEOUT_MILLISECONDS, tries: TRIES })
    const servers = dnsServers(this.#env)
    if (servers) resolver.setServers(servers)
    this.#resolver = resolver
    this.#madeAt = Date.now()
    return resolver
  }

  /** The name of an address, in lower case; undefined when nobody knows it. */
  async nameOf(ip: Bytes): Promise<Bytes | undefined> {
    try {
      const name = (await this.#ask().resolvePtr(reverseName(ip)))[0]
      return name === undefined ? undefined : lower(Buffer.from(name, 'utf8').toString('latin1'))
    } catch {
      return undefined // no such name, or no answer: both are "unknown"
    }
  }

  /** Does this name have this address? */
  async hasAddress(name: Bytes, ip: Bytes): Promise<boolean> {
    try {
      const addresses = await (isIPv6(ip) ? this.#ask().resolve6(name) : this.#ask().resolve4(name))
      return addresses.includes(ip)
    } catch {
      return false // what cannot be confirmed does not count
    }
  }

  /** The addresses of a name, qualified as usual; none if it has none. Throws when that cannot be told now. */
  async addressesOf(name: Bytes): Promise<string[]> {
    if (lower(name) === 'localhost') return ['127.0.0.1']
    const names = name.includes('.') ? [name.replace(/\.$/, '')] : [...searchDomains(this.#env).map((d) => `${name}.${d}`), name]
    for (const candidate of names) {
      const found = await this.#ask()
        .resolve4(candidate)
        .catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOTFOUND' || error.code === 'ENODATA' || error.code === 'EBADNAME') return []
          throw error
        })
      if (found.length > 0) return found
    }
    return []
  }
}
