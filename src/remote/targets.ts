import { isIPv4, isIPv6 } from 'node:net'
import { type Bytes, lower } from '../core/bytes.ts'
import type { Answer, Mx, Resolver } from '../net/dns.ts'
import { addressLiteral } from '../net/ip.ts'
import { ownAddresses } from '../net/ipme.ts'
import { dnsReport, noAddressReport, noHostReport, nullMxReport, selfReport } from './report.ts'
import { type Route, type Settings, SMTP_PORT } from './settings.ts'

/** One address to try. */
export interface Target {
  ip: string
  port: number
  /** The name it was found by: an exchanger's, or the host's; a literal where there is none. */
  host: Bytes
  /** undefined: DNSSEC does not vouch for the address, or nobody looked. */
  secure?: SecureTarget
  /** The names of all mail exchangers of the domain, be they worse than ourselves or without addresses; one text for each set. None where the domain has none, or one of them is no plain name, or they are very many. */
  exchangers?: Bytes
}

/** How DNSSEC vouches for an address. */
export interface SecureTarget {
  /** The name at the end of the host's aliases; mostly the host itself. */
  end: Bytes
  /** The domain's name, and that at the end of its aliases; none where DNSSEC does not vouch for the way from the domain to the host. */
  domains: readonly Bytes[]
}

interface Candidate {
  ip: string
  host: Bytes
  preference: number
  /** It is a name of ours, whatever its address. */
  isOwnName: boolean
  secure?: SecureTarget
  exchangers?: Bytes
}

/** An address, and the name at the end of the aliases where DNSSEC vouches for it. */
interface Found {
  ip: string
  end: Bytes | undefined
}

/** What is needed to know who we are. */
export interface Own {
  addresses: ReadonlySet<string>
  /** Our name, where there is one. */
  name: Bytes | undefined
  /** Which kinds of addresses can be connected to from here. */
  families: readonly (4 | 6)[]
}

/** Which of us the others may meet, and how we get to them. */
export const ownFor = ({ me, outgoingIp, moreOwn, notOwn }: Settings): Own => {
  const addresses = new Set([...ownAddresses(), ...moreOwn])
  const families = ([4, 6] as const).filter((family) => {
    if (outgoingIp !== undefined) return family === 4 ? isIPv4(outgoingIp) : isIPv6(outgoingIp)
    return family === 4 || [...addresses].some((ip) => isIPv6(ip) && ip !== '::')
  })
  for (const ip of notOwn) addresses.delete(ip)
  return { addresses, name: me, families }
}

/** A report instead of somewhere to go. */
export class NoTarget extends Error {
  readonly report: Bytes
  constructor(report: Bytes) {
    super('nowhere to go')
    this.report = report
  }
}

/** The address in `1.2.3.4`, `[1.2.3.4]`, `[2001:db8::1]` or `[IPv6:2001:db8::1]`. */
const literalOf = (host: Bytes): string | undefined => {
  const v6 = /^\[(?:IPv6:)?([0-9A-Fa-f:.]+)\]$/i.exec(host)?.[1]
  return addressLiteral(host) ?? (v6 !== undefined && isIPv6(v6) ? v6.toLowerCase() : undefined)
}

/** The addresses of a name: A records, then AAAA. One kind failing does not matter when there are others. */
const lookUp = async (host: Bytes, resolver: Resolver, families: Own['families']): Promise<Answer<Found>> => {
  const answers = await Promise.all(families.map((family) => (family === 4 ? resolver.a(host) : resolver.aaaa(host))))
  const records = answers.flatMap((answer) => (answer.kind === 'ok' ? answer.records.map((ip) => ({ ip, end: answer.secureName })) : []))
  if (records.length > 0) return { kind: 'ok', records }
  return answers.some(({ kind }) => kind === 'temporary') ? { kind: 'temporary' } : { kind: 'none' }
}

/** The addresses of a host, by literal or DNS; there must be some. */
const addressesOf = async (host: Bytes, resolver: Resolver, families: Own['families']): Promise<Found[]> => {
  const literal = literalOf(host)
  if (literal !== undefined) return [{ ip: literal, end: undefined }]
  const answer = await lookUp(host, resolver, families)
  if (answer.kind === 'temporary') throw new NoTarget(dnsReport)
  if (answer.kind === 'none') throw new NoTarget(noHostReport(host))
  return answer.records
}

const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)

/** What is known of an address besides; nothing where DNSSEC does not vouch for it. */
const vouched = (end: Bytes | undefined, domains: SecureTarget['domains']): { secure?: SecureTarget } => (end === undefined ? {} : { secure: { end, domains } })

const candidatesAt = async (
  { exchange, preference }: Mx,
  domains: SecureTarget['domains'],
  resolver: Resolver,
  own: Own
): Promise<{ isSoft: boolean; candidates: Candidate[] }> => {
  const isOwnName = own.name !== undefined && lower(exchange) === lower(own.name)
  const literal = literalOf(exchange)
  if (literal !== undefined) return { isSoft: false, candidates: [{ ip: literal, host: exchange, preference: 0, isOwnName }] }
  const answer = await lookUp(exchange, resolver, own.families)
  const found = answer.kind === 'ok' ? answer.records : []
  const candidates = found.map(({ ip, end }) => ({ ip, host: exchange, preference, isOwnName, ...vouched(end, domains) }))
  return { isSoft: answer.kind === 'temporary', candidates }
}

/** Longer lists of exchangers are not told. */
const MAX_EXCHANGERS_BYTES = 500
/** A name that is told: there is no other way to write it, and it is no address. */
const PLAIN_NAME = /^(?:[a-z0-9_-]+\.)*[a-z_-][a-z0-9_-]*$/

const namesOf = (records: readonly Mx[]): { exchangers?: Bytes } => {
  const names = [...new Set(records.map(({ exchange }) => lower(exchange)))].sort()
  const exchangers = names.join(',')
  return exchangers.length <= MAX_EXCHANGERS_BYTES && names.every((name) => PLAIN_NAME.test(name)) ? { exchangers } : {}
}

/** The addresses of all exchangers, best first, at random among equals. An exchanger without any is passed over. */
const exchangersOf = async (host: Bytes, records: Mx[], domains: SecureTarget['domains'], resolver: Resolver, own: Own): Promise<Candidate[]> => {
  if (records.every(({ exchange }) => exchange === '')) throw new NoTarget(nullMxReport(host)) // RFC 7505
  const found = await Promise.all(shuffled(records).map((record) => candidatesAt(record, domains, resolver, own)))
  const candidates = found.flatMap((one) => one.candidates).sort((a, b) => a.preference - b.preference)
  if (candidates.length === 0) throw new NoTarget(found.some(({ isSoft }) => isSoft) ? dnsReport : noAddressReport)
  const names = namesOf(records)
  return candidates.map((candidate) => ({ ...candidate, ...names }))
}

/** Where mail for a host goes by DNS (spec network.md 6.3, steps 1 to 5). */
const candidatesOf = async (host: Bytes, resolver: Resolver, own: Own): Promise<Candidate[]> => {
  const answer: Answer<Mx> = literalOf(host) === undefined ? await resolver.mx(host) : { kind: 'none' }
  if (answer.kind === 'temporary') throw new NoTarget(dnsReport)
  const domains = answer.secureName === undefined ? [] : [...new Set([lower(host), answer.secureName])]
  if (answer.kind === 'ok') return exchangersOf(host, answer.records, domains, resolver, own)
  const found = await addressesOf(host, resolver, own.families)
  return found.map((one) => ({ ip: one.ip, host, preference: 0, isOwnName: false, ...vouched(one.end, domains) }))
}

/**
 * The addresses to try for a host, in order. Without a route, those better than ourselves only, so that mail does not
 * go in circles (step 6). Throws NoTarget, with the report that says why.
 */
export const targetsOf = async (host: Bytes, route: Route | undefined, resolver: Resolver, own: Own): Promise<Target[]> => {
  if (route) {
    const found = await addressesOf(route.relay, resolver, own.families)
    return found.map(({ ip, end }) => ({ ip, port: route.port, host: route.relay, ...vouched(end, [lower(route.relay)]) }))
  }
  const candidates = await candidatesOf(host, resolver, own)
  const best = Math.min(...candidates.filter(({ ip, isOwnName }) => isOwnName || own.addresses.has(ip)).map(({ preference }) => preference))
  const better = candidates.filter(({ preference }) => preference < best)
  if (better.length === 0) throw new NoTarget(selfReport)
  return better.map(({ preference: _, isOwnName: __, ...target }) => ({ ...target, port: SMTP_PORT }))
}
