import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import type { CoprocessorSession } from '../net/coprocessor.ts'
import type { TlsPeer, TlsWish } from '../net/tls-peer.ts'
import { daneComplaint } from './dane-check.ts'
import { report } from './report.ts'
import type { TlsCheck, TlsPolicy, TlsSettings } from './tls-policy.ts'

/** TLS as a delivery to one host has it. */
export interface Tls {
  settings: TlsSettings
  policy: TlsPolicy
  /** The name the certificate should be for, and that SNI asks for; an address where there is none. */
  host: Bytes
  /** Trust anchors where the policy names none. */
  anchors: () => string | undefined
  /** The message demands a verified host, and one that demands the same of the next (RFC 8689): without that it bounces. */
  isRequired?: boolean
  /** Patience for the handshake. */
  seconds: number
  /** Has the coprocessor lead it, which holds our certificate; undefined: we show none, and lead it ourselves. Rejects with Temporary. */
  coprocessor: ((wish: TlsWish) => Promise<CoprocessorSession>) | undefined
}

/** Node's own word for it. */
const MISMATCH = 'ERR_TLS_CERT_ALTNAME_INVALID'

/**
 * Is a certificate for this host: by a DNS name of its subjectAltName, of which a wildcard may be the whole first label (RFC 9525 6.3), or by an address there, where the host
 * is one? Its common name counts where `mayBeCommon` and it has no such names at all.
 */
const isFor = (certificate: X509Certificate, host: Bytes, mayBeCommon: boolean): boolean =>
  isIP(host) === 0
    ? certificate.checkHost(host, { subject: mayBeCommon ? 'default' : 'never', partialWildcards: false }) !== undefined
    : certificate.checkIP(host) !== undefined

const nameComplaint = (wanted: TlsCheck['name'], host: Bytes, certificate: X509Certificate): string | undefined => {
  if (wanted === 'any') return undefined
  if (!isFor(certificate, host, wanted === 'orCommon')) return MISMATCH
  if (wanted !== 'exact' || certificate.subjectAltName?.toLowerCase().split(', ').includes(`dns:${host.toLowerCase()}`)) return undefined
  return `it is not for ${host} by name`
}

/** What TLS is asked to be: any certificate is taken here, and judged afterwards. By DANE the anchors of its records are all there are, wherever they stand in the chain. */
export const wishOf = ({ settings, policy, host, anchors }: Tls): TlsWish => {
  const { check, dane } = policy
  const isByAnchor = check !== undefined && check.fingerprint === undefined
  return {
    name: dane?.base ?? (isIP(host) ? undefined : host),
    minVersion: settings.minVersion,
    ciphers: policy.ciphers ?? settings.ciphers,
    anchors: dane ? dane.anchors.join('') : isByAnchor ? (check.ca ?? anchors()) : undefined,
    isPartialChain: dane !== undefined
  }
}

/** What is wrong with the peer's certificate by the policy; undefined: nothing that matters. */
export const complaint = (peer: TlsPeer, { policy: { check, dane }, host }: Pick<Tls, 'policy' | 'host'>): string | undefined => {
  if (dane) return daneComplaint(peer, dane)
  if (check === undefined) return undefined
  const [leaf] = peer.chain()
  if (leaf === undefined) return 'it has no certificate'
  if (check.fingerprint === undefined) return peer.untrusted ?? nameComplaint(check.name, host, leaf)
  const fingerprint = leaf.fingerprint256.replaceAll(':', '').toLowerCase()
  return fingerprint === check.fingerprint ? undefined : `its certificate has the fingerprint ${fingerprint}`
}

/** Protocol, cipher and what they are worth, for the report. */
export const described = ({ protocol, cipher }: TlsPeer, { level }: TlsPolicy): string =>
  `${protocol} ${cipher}, ${level}${level === 'local' || level === 'dane' ? '' : ', not verified'}`

/** What a host that does not meet the policy costs: waiting; a message that demands TLS comes back (RFC 8689 4.2.1). */
const REFUSALS = { '4.7.4': '5.7.10', '4.7.5': '5.7.5' } as const

const because = ({ policy, host, isRequired }: Tls, status: keyof typeof REFUSALS, why: string, mayPass = false): Bytes => {
  const [letter, code] = isRequired && !mayPass ? (['D', REFUSALS[status]] as const) : (['Z', status] as const)
  return policy.source.startsWith('control/tlshosts/')
    ? report(letter, `${why} while ${policy.source} exists. (#${code})\n`)
    : report(letter, `TLS policy of ${policy.source} not met by ${host}: ${why}. (#${code})\n`)
}

/** The reports of a policy that is not met, in the words TLS patches of qmail have (spec modern.md 3.4). */
export const notOfferedReport = (tls: Tls): Bytes => because(tls, '4.7.4', 'No TLS achieved')
export const refusedReport = (tls: Tls): Bytes => because(tls, '4.7.4', 'STARTTLS rejected')
export const failedReport = (tls: Tls, why: string): Bytes => because(tls, '4.7.5', `TLS connect failed: ${why}`, true)
export const unverifiedReport = (tls: Tls, why: string): Bytes => because(tls, '4.7.5', `TLS unable to verify server: ${why}`)
/** The host has not been connected to. */
export const unusableReport = (tls: Tls, why: Bytes): Bytes => because(tls, '4.7.5', why, true)
/** The message demands TLS, and there is nothing to know the host by. */
export const unknownHostReport = (tls: Tls): Bytes => because(tls, '4.7.5', 'nothing says what its certificate must be')
/** The host would not demand TLS of the next one. */
export const noRequireTlsReport = (ip: string): Bytes =>
  report('D', `Connected to ${ip} but it does not offer REQUIRETLS, which the message demands. (#5.7.30)\n`)
