import type { Bytes } from '../core/bytes.ts'
import type { SecureResolver } from '../net/secure-dns.ts'
import { daneFor, daneSource } from './dane.ts'
import { type Tls, unknownHostReport, unusableReport } from './secure.ts'
import type { Settings } from './settings.ts'
import type { Target } from './targets.ts'
import { defaultAnchors, OPPORTUNISTIC, policyFor, type TlsSettings } from './tls-policy.ts'

/** TLS at once, without STARTTLS (RFC 8314). */
export const SMTPS_PORT = 465

/** What a message demands of TLS beyond that (RFC 8689): nothing; that it is encrypted; a verified host that demands the same of the next. */
export type Demand = 'nothing' | 'encrypt' | 'verify'

/** What a message says of TLS. */
export interface Wishes {
  demand: Demand
  /** Is it to arrive whatever DNS says of TLS (`TLS-Required: No`)? Asked only where that matters. Rejects with system errors. */
  isWaived: () => Promise<boolean>
}

/** How TLS is spoken where control/ says nothing of it. */
const UNSPOKEN: TlsSettings = { control: '', destinations: undefined, ciphers: undefined, minVersion: 'TLSv1.2', certificates: 'none' }

const spoken = (home: string, { host }: Target, settings: Settings): Omit<Tls, 'policy'> => ({
  settings: settings.tls ?? UNSPOKEN,
  host: host.replace(/\.$/, ''),
  anchors: () => defaultAnchors(home),
  seconds: settings.connectSeconds,
  coprocessor: settings.coprocessor
})

/** What control/ wants TLS to be with this host; undefined: it is not spoken. A relay is its own destination. Throws Temporary. */
export const ruledTls = (home: string, destination: Bytes, target: Target, settings: Settings): Tls | undefined => {
  if (settings.tls === undefined && target.port !== SMTPS_PORT) return undefined
  const tls = spoken(home, target, settings)
  return { ...tls, policy: settings.tls ? policyFor(settings.tls, destination, tls.host) : OPPORTUNISTIC }
}

/** The same, and what DNS wants where control/ leaves it open. */
const lookedUp = async (
  home: string,
  destination: Bytes,
  target: Target,
  settings: Settings,
  resolver: SecureResolver | undefined,
  { demand, isWaived }: Wishes
): Promise<Tls | Bytes | undefined> => {
  const tls = ruledTls(home, destination, target, settings)
  if (tls?.policy.level !== 'opportunistic' || settings.dane === undefined) return tls
  const verdict = await daneFor(resolver, destination, target, settings.dane)
  if (verdict.level === 'none') return tls
  if (demand === 'nothing' && settings.dane.required === undefined && (await isWaived())) return tls
  const wanted: Tls = { ...tls, policy: { ...tls.policy, level: 'dane', source: daneSource(destination) } }
  if (verdict.level === 'unusable') return unusableReport(wanted, verdict.why)
  return { ...wanted, policy: { ...wanted.policy, level: verdict.level, ...(verdict.level === 'dane' ? { dane: verdict.demand } : {}) } }
}

/**
 * What TLS has to be with a host, by control/, DNS and the message (spec modern.md 3.4); undefined: it is not spoken. A report: the host is not to be used. Throws
 * Temporary.
 */
export const tlsWith = async (
  home: string,
  destination: Bytes,
  target: Target,
  settings: Settings,
  resolver: SecureResolver | undefined,
  wishes: Wishes
): Promise<Tls | Bytes | undefined> => {
  const { demand } = wishes
  const tls = await lookedUp(home, destination, target, settings, resolver, wishes)
  if (demand === 'nothing' || typeof tls === 'string') return tls
  if (tls?.policy.level === 'dane' || tls?.policy.level === 'local') return demand === 'verify' ? { ...tls, isRequired: true } : tls
  const demanded: Tls = { ...spoken(home, target, settings), policy: { ...(tls?.policy ?? OPPORTUNISTIC), level: 'encrypt', source: 'REQUIRETLS' } }
  return demand === 'verify' ? unknownHostReport({ ...demanded, isRequired: true }) : demanded
}
