import { type Bytes, lower } from '../core/bytes.ts'
import type { SecureResolver } from '../net/secure-dns.ts'
import { type DaneDemand, demandOf } from './dane-check.ts'
import type { DaneSettings } from './dane-settings.ts'
import { masked } from './report.ts'
import type { Target } from './targets.ts'
import { usableRecords } from './tlsa.ts'

/**
 * What DNS says of TLS with a host: nothing; that it is to be encrypted; what its certificate must be; or that the host must not be used, and why.
 */
export type DaneVerdict = { level: 'none' } | { level: 'encrypt' } | { level: 'dane'; demand: DaneDemand } | { level: 'unusable'; why: Bytes }

const isRequired = (domain: Bytes, { required }: DaneSettings): boolean =>
  required?.length === 0 || (required?.some((one) => domain === one || domain.endsWith(one.startsWith('.') ? one : `.${one}`)) ?? false)

/** Where records of a host may stand: the first name with records decides. Empty where DNSSEC does not vouch for the way there. */
export const tlsaNames = ({ host, port, secure }: Target, settings: DaneSettings): { base: Bytes; name: Bytes }[] => {
  if (secure === undefined || (secure.domains.length === 0 && !settings.usesInsecureMx)) return []
  return [...new Set([secure.end, lower(host).replace(/\.$/, '')])].map((base) => ({ base, name: `_${port}._tcp.${base}` }))
}

/** What the records of the host say. Where they cannot be looked up the host is not to be used: there may be some. */
const lookUp = async (resolver: SecureResolver, target: Target, settings: DaneSettings): Promise<DaneVerdict> => {
  const names = tlsaNames(target, settings)
  for (const { base, name } of names) {
    const answer = await resolver.tlsa(name)
    if (answer.kind === 'temporary') return { level: 'unusable', why: 'its TLSA records cannot be looked up' }
    if (answer.kind === 'none' || answer.secureName === undefined) continue
    const records = usableRecords(answer.records)
    if (records.length === 0) return { level: 'encrypt' }
    return { level: 'dane', demand: demandOf(records, base, [...new Set([base, ...names.map((one) => one.base), ...(target.secure?.domains ?? [])])]) }
  }
  return { level: 'none' }
}

/** What DANE demands of TLS with a host for mail to `domain` (spec modern.md 3.5; RFC 7672). `resolver`: undefined where none is to be trusted. Never throws. */
export const daneFor = async (resolver: SecureResolver | undefined, domain: Bytes, target: Target, settings: DaneSettings): Promise<DaneVerdict> => {
  const verdict: DaneVerdict = resolver ? await lookUp(resolver, target, settings) : { level: 'none' }
  const isMissing = verdict.level === 'none' || verdict.level === 'encrypt'
  if (!isMissing || !isRequired(lower(domain), settings)) return verdict
  return { level: 'unusable', why: resolver ? 'it has no TLSA records to go by' : 'no name server is to be trusted about TLSA records' }
}

/** How a policy of DANE is named in reports. */
export const daneSource = (domain: Bytes): Bytes => `${masked(domain)} (dane)`
