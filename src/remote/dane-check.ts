import { X509Certificate } from 'node:crypto'
import type { Bytes } from '../core/bytes.ts'
import type { Tlsa } from '../net/secure-dns.ts'
import type { TlsPeer } from '../net/tls-peer.ts'
import { DANE_EE, DANE_TA, isMeant } from './tlsa.ts'

/** What a host's certificate must be by its TLSA records. */
export interface DaneDemand {
  /** Those that count. */
  records: readonly Tlsa[]
  /** The name the records were found by: the one to ask for in the handshake. */
  base: Bytes
  /** Whom a certificate may be for that an anchor vouches for. */
  names: readonly Bytes[]
  /** The anchors that are known, in PEM: certificates that records mean or are. */
  anchors: readonly string[]
  /** The anchors were looked for in what the host sends. */
  isLookedFor: boolean
}

/** An anchor that was found once is not looked for again. */
const MAX_KNOWN = 64
const known = new Map<string, string>()

const keyOf = ({ selector, matching, data }: Tlsa): string => `${selector}${matching}${data.toString('hex')}`

const remember = (record: Tlsa, pem: string): void => {
  const oldest = known.keys().next().value
  if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest)
  known.set(keyOf(record), pem)
}

const isAnchor = ({ usage }: Tlsa): boolean => usage === DANE_TA
const isWhole = ({ selector, matching }: Tlsa): boolean => selector === 0 && matching === 0

/** What these records demand. */
export const demandOf = (records: readonly Tlsa[], base: Bytes, names: readonly Bytes[]): DaneDemand => {
  const anchors = records.filter(isAnchor).map((record) => (isWhole(record) ? new X509Certificate(record.data).toString() : known.get(keyOf(record))))
  return { records, base, names, anchors: anchors.filter((pem) => pem !== undefined), isLookedFor: false }
}

const isForOneOf = (certificate: X509Certificate, names: readonly Bytes[]): boolean =>
  names.some((name) => certificate.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined)

/** What is wrong with the certificate of a host; undefined: nothing. The connection was made with the demand's anchors as the only ones. */
export const daneComplaint = ({ chain, untrusted }: TlsPeer, { records, names, anchors }: DaneDemand): string | undefined => {
  const [leaf] = chain()
  if (leaf === undefined) return 'it has no certificate'
  if (records.some((record) => record.usage === DANE_EE && isMeant(record, leaf.raw))) return undefined
  if (anchors.length === 0) return 'no TLSA record matches its certificate'
  if (anchors.includes(leaf.toString())) return 'its certificate is no authority'
  if (untrusted !== undefined) return untrusted
  return isForOneOf(leaf, names) ? undefined : `its certificate is not for ${names.join(' or ')}`
}

/** The demand with the anchors that records mean and the host sent, its own certificate not among them, if these are news: the host is to be judged by them on another connection (RFC 7671 5.2). */
export const withAnchors = ({ chain }: TlsPeer, demand: DaneDemand): DaneDemand | undefined => {
  if (demand.isLookedFor) return undefined
  const [leaf, ...issuers] = chain()
  const found = demand.records.filter(isAnchor).flatMap((record) =>
    issuers.flatMap((issuer) => {
      if (!isMeant(record, issuer.raw)) return []
      const pem = issuer.toString()
      if (!isWhole(record)) remember(record, pem)
      return [pem]
    })
  )
  const anchors = [...new Set([...demand.anchors, ...found])].filter((pem) => pem !== leaf?.toString())
  const areNews = anchors.some((pem) => !demand.anchors.includes(pem)) || (anchors.length > 0 && anchors.length < demand.anchors.length)
  return areNews ? { ...demand, anchors, isLookedFor: true } : undefined
}
