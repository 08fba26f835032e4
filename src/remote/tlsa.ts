import { createHash, X509Certificate } from 'node:crypto'
import type { Tlsa } from '../net/secure-dns.ts'
import { keyOfCertificate } from './certificate-key.ts'

/** Usages that count in SMTP (RFC 7672 3.1): an anchor of the server's own, and its certificate itself. */
export const DANE_TA = 2
export const DANE_EE = 3
const SELECTORS = [0, 1]
/** What is kept of the selected part: all of it, or a digest, the stronger the later. */
const EXACT = 0
const DIGESTS = [undefined, { name: 'sha256', bytes: 32 }, { name: 'sha512', bytes: 64 }] as const

const isCertificate = (der: Buffer): boolean => {
  try {
    return new X509Certificate(der).raw.length > 0
  } catch {
    return false
  }
}

const isUsable = ({ usage, selector, matching, data }: Tlsa): boolean => {
  if ((usage !== DANE_TA && usage !== DANE_EE) || !SELECTORS.includes(selector)) return false
  if (matching === EXACT) return data.length > 0 && (selector === 1 || isCertificate(data))
  return DIGESTS[matching]?.bytes === data.length
}

/** The records that count (spec modern.md 3.5): those we know the meaning of, and of digests only the strongest for each usage and selector (RFC 7671 9). */
export const usableRecords = (records: readonly Tlsa[]): Tlsa[] => {
  const usable = records.filter(isUsable)
  const strongest = (one: Tlsa): number =>
    Math.max(...usable.filter(({ usage, selector }) => usage === one.usage && selector === one.selector).map(({ matching }) => matching))
  return usable.filter((one) => one.matching === EXACT || one.matching === strongest(one))
}

/** Does this record mean this certificate, given in DER? */
export const isMeant = ({ selector, matching, data }: Tlsa, certificate: Buffer): boolean => {
  const selected = selector === 0 ? certificate : keyOfCertificate(certificate)
  const digest = DIGESTS[matching]
  if (selected === undefined) return false
  return data.equals(digest ? createHash(digest.name).update(selected).digest() : selected)
}
