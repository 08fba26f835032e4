import { Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { lower, utf8Bytes } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { type Answer, answer, dnsServers } from './dns.ts'
import { reversedAddress } from './ip.ts'

const FIRST_TIMEOUT_MILLISECONDS = 1000
const TRIES = 4
/** The configuration is looked at again after this long. */
const REREAD_MILLISECONDS = 600_000

/** The name an address's PTR record has: `4.3.2.1.in-addr.arpa`, or nibbles below `ip6.arpa`. */
export const reverseName = (ip: Bytes): string => `${reversedAddress(ip) ?? ''}.${isIPv6(ip) ? 'ip6' : 'in-addr'}.arpa`

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

  /** The names of an address, in lower case: any bytes. */
  async askName(ip: Bytes): Promise<Answer<Bytes>> {
    const found = await answer(this.#ask().resolvePtr(reverseName(ip)))
    return found.kind === 'ok' ? { kind: 'ok', records: found.records.map((name) => lower(utf8Bytes(name))) } : found
  }

  /** The name of an address; undefined when nobody knows it, or nobody answers. */
  async nameOf(ip: Bytes): Promise<Bytes | undefined> {
    const found = await this.askName(ip)
    return found.kind === 'ok' ? found.records[0] : undefined
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
  async addressesOf(name: Bytes, families: readonly (4 | 6)[] = [4]): Promise<string[]> {
    if (lower(name) === 'localhost') return families.map((family) => (family === 4 ? '127.0.0.1' : '::1'))
    const names = name.includes('.') ? [name.replace(/\.$/, '')] : [...searchDomains(this.#env).map((d) => `${name}.${d}`), name]
    for (const candidate of names) {
      const found = await Promise.all(families.map((family) => this.#addresses(candidate, family)))
      if (found.some((list) => list.length > 0)) return found.flat()
    }
    return []
  }

  async #addresses(name: Bytes, family: 4 | 6): Promise<string[]> {
    const found = await answer(family === 4 ? this.#ask().resolve4(name) : this.#ask().resolve6(name))
    if (found.kind === 'temporary') throw new Temporary('temporary DNS failure')
    return found.kind === 'ok' ? found.records : []
  }
}
