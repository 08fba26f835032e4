import type { Bytes } from '../core/bytes.ts'
import type { Mx, Resolver } from '../net/dns.ts'
import { addressLiteral } from '../net/ip.ts'
import { dnsReport, noAddressReport, noHostReport, selfReport } from './report.ts'
import { type Route, SMTP_PORT } from './settings.ts'

/** One address to try. */
export interface Target {
  ip: string
  port: number
}

interface Candidate {
  ip: string
  preference: number
}

/** A report instead of somewhere to go. */
export class NoTarget extends Error {
  readonly report: Bytes
  constructor(report: Bytes) {
    super('nowhere to go')
    this.report = report
  }
}

/** The addresses of a host, by literal or A records; there must be some. */
const addressesOf = async (host: Bytes, resolver: Resolver): Promise<string[]> => {
  const literal = addressLiteral(host)
  if (literal !== undefined) return [literal]
  const answer = await resolver.a(host)
  if (answer.kind === 'temporary') throw new NoTarget(dnsReport)
  if (answer.kind === 'none') throw new NoTarget(noHostReport(host))
  return answer.records
}

const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)

/** The addresses of all exchangers, best first, at random among equals. An exchanger without any is passed over. */
const exchangersOf = async (records: Mx[], resolver: Resolver): Promise<Candidate[]> => {
  const found = await Promise.all(
    shuffled(records).map(async ({ exchange, preference }) => {
      const literal = addressLiteral(exchange)
      if (literal !== undefined) return { isSoft: false, candidates: [{ ip: literal, preference: 0 }] }
      const answer = await resolver.a(exchange)
      const ips = answer.kind === 'ok' ? answer.records : []
      return { isSoft: answer.kind === 'temporary', candidates: ips.map((ip) => ({ ip, preference })) }
    })
  )
  const candidates = found.flatMap((one) => one.candidates).sort((a, b) => a.preference - b.preference)
  if (candidates.length === 0) throw new NoTarget(found.some(({ isSoft }) => isSoft) ? dnsReport : noAddressReport)
  return candidates
}

/** Where mail for a host goes by DNS (spec network.md 6.3, steps 1 to 5). */
const candidatesOf = async (host: Bytes, resolver: Resolver): Promise<Candidate[]> => {
  const answer = addressLiteral(host) === undefined ? await resolver.mx(host) : ({ kind: 'none' } as const)
  if (answer.kind === 'temporary') throw new NoTarget(dnsReport)
  if (answer.kind === 'ok') return exchangersOf(answer.records, resolver)
  return (await addressesOf(host, resolver)).map((ip) => ({ ip, preference: 0 }))
}

/**
 * The addresses to try for a host, in order. Without a route, those at least as good as ourselves only, so that mail does not
 * go in circles (step 6). Throws NoTarget, with the report that says why.
 */
export const targetsOf = async (host: Bytes, route: Route | undefined, resolver: Resolver, ownAddresses: () => Set<string>): Promise<Target[]> => {
  if (route) return (await addressesOf(route.relay, resolver)).map((ip) => ({ ip, port: route.port }))
  const candidates = await candidatesOf(host, resolver)
  const own = ownAddresses()
  const best = Math.min(...candidates.filter(({ ip }) => own.has(ip)).map(({ preference }) => preference))
  const better = candidates.filter(({ preference }) => preference < best)
  if (better.length === 0) throw new NoTarget(selfReport)
  return better.map(({ ip }) => ({ ip, port: SMTP_PORT }))
}
