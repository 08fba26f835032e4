import type { Bytes } from '../core/bytes.ts'
import type { SecureResolver } from '../net/secure-dns.ts'
import { daneFor, daneSource } from './dane.ts'
import { type Tls, unusableReport } from './secure.ts'
import type { Settings } from './settings.ts'
import type { Target } from './targets.ts'
import { defaultAnchors, policyFor } from './tls-policy.ts'

/** TLS at once, without STARTTLS (RFC 8314). */
export const SMTPS_PORT = 465

/** What control/ wants TLS to be with this host; undefined: it is not spoken. A relay is its own destination. Throws Temporary. */
export const ruledTls = (home: string, destination: Bytes, { host, port }: Target, settings: Settings): Tls | undefined => {
  if (settings.tls === undefined && port !== SMTPS_PORT) return undefined
  const tls = settings.tls ?? { control: '', destinations: undefined, ciphers: undefined, minVersion: 'TLSv1.2' as const }
  const name = host.replace(/\.$/, '')
  const policy = settings.tls ? policyFor(tls, destination, name) : { level: 'opportunistic' as const, source: '', check: undefined, ciphers: undefined }
  return { settings: tls, policy, host: name, anchors: () => defaultAnchors(home), seconds: settings.connectSeconds }
}

/** The same, and what DNS wants where control/ leaves it open. A report: the host is not to be used. Throws Temporary. */
export const tlsWith = async (
  home: string,
  destination: Bytes,
  target: Target,
  settings: Settings,
  resolver: SecureResolver | undefined
): Promise<Tls | Bytes | undefined> => {
  const tls = ruledTls(home, destination, target, settings)
  if (tls?.policy.level !== 'opportunistic' || settings.dane === undefined) return tls
  const verdict = await daneFor(resolver, destination, target, settings.dane)
  if (verdict.level === 'none') return tls
  const wanted: Tls = { ...tls, policy: { ...tls.policy, level: 'dane', source: daneSource(destination) } }
  if (verdict.level === 'unusable') return unusableReport(wanted, verdict.why)
  return { ...wanted, policy: { ...wanted.policy, level: verdict.level, ...(verdict.level === 'dane' ? { dane: verdict.demand } : {}) } }
}
