import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Bytes, lower } from '../../core/bytes.ts'
import type { Env } from '../../core/run.ts'
import { type Answer, type Mx, type Resolver, systemResolver } from '../../net/dns.ts'
import { ownAddresses } from '../../net/ipme.ts'

/** DNS that does not answer by then is out of reach. */
const PATIENCE_MILLISECONDS = 8000
const NOT_TOLD = /^(0\.0\.0\.0|::1?|127\..*|fe80:.*)$/i

/** The name in /etc/hosts that goes with this short one: the first with a dot on a line that has it. */
export const wholeNameIn = (hosts: string, short: string): Bytes | undefined =>
  hosts
    .split('\n')
    .map((line) => line.replace(/#.*/, '').split(/\s+/).slice(1).filter(Boolean))
    .find((names) => names.includes(short))
    ?.find((name) => name.includes('.'))

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return '' // it only serves a guess, which the administrator sees
  }
}

/** This host's name, and where it is from. */
export const ownName = (): { name: Bytes; from: string } => {
  const name = lower(hostname())
  if (name.includes('.')) return { name, from: 'the host name' }
  const whole = wholeNameIn(textOf('/etc/hosts'), name)
  return whole === undefined ? { name, from: 'the host name, without a domain' } : { name: lower(whole), from: '/etc/hosts' }
}

/** The first account of a person: who may be meant to read the administrator's mail. */
export const firstPerson = (): Bytes | undefined =>
  textOf('/etc/passwd')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , uid = '']) => Number(uid) >= 1000 && Number(uid) < 60_000)?.[0]

const within = <T>(question: Promise<Answer<T>>): Promise<Answer<T>> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Answer<T>>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'temporary' }), PATIENCE_MILLISECONDS)
  })
  return Promise.race([question, late]).finally(() => clearTimeout(timer))
}

/** Asks DNS about names, and compares with the addresses of this host's interfaces. */
export class Findings {
  readonly #resolver: Resolver
  readonly #own: ReadonlySet<string>

  constructor(env: Env, own: ReadonlySet<string> = ownAddresses()) {
    this.#resolver = systemResolver(env)
    this.#own = own
  }

  /** The addresses others may reach this host by. */
  addresses(): string[] {
    return [...this.#own].filter((ip) => !NOT_TOLD.test(ip))
  }

  async #addressesOf(name: Bytes): Promise<string[] | 'no answer'> {
    const answers = await Promise.all([within(this.#resolver.a(name)), within(this.#resolver.aaaa(name))])
    const found = answers.flatMap((answer) => (answer.kind === 'ok' ? answer.records : []))
    return found.length === 0 && answers.some(({ kind }) => kind === 'temporary') ? 'no answer' : found
  }

  #whose(addresses: string[] | 'no answer'): string {
    if (addresses === 'no answer') return 'DNS does not answer'
    if (addresses.length === 0) return 'no address'
    return addresses.some((ip) => this.#own.has(ip)) ? 'this host' : `another host's address, or one translated to ours: ${addresses.join(' ')}`
  }

  /** What DNS says of a name's address. */
  async addressLine(name: Bytes): Promise<string> {
    return this.#whose(await this.#addressesOf(name))
  }

  async #exchangerLine({ preference, exchange }: Mx): Promise<string> {
    if (exchange === '') return 'it takes no mail (null MX)'
    return `MX ${preference} ${exchange}: ${this.#whose(await this.#addressesOf(exchange))}`
  }

  /** Where DNS sends a domain's mail, a line for each exchanger. */
  async mailLines(domain: Bytes): Promise<string[]> {
    const found = await within(this.#resolver.mx(domain))
    if (found.kind === 'temporary') return ['MX: DNS does not answer']
    if (found.kind === 'none') return [`no MX: mail goes to its address: ${await this.addressLine(domain)}`]
    return Promise.all(found.records.toSorted((a, b) => a.preference - b.preference).map((mx) => this.#exchangerLine(mx)))
  }
}
