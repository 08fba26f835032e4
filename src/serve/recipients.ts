import { type Bytes, leadingNumber, lower } from '../core/bytes.ts'
import { namesOf } from '../format/unicode/a-labels.ts'

/** The entries of a list in lower case, for look-ups that do not mind case. */
export const folded = (entries: readonly Bytes[]): Set<Bytes> => new Set(entries.map(lower))

/** The longest name DNS has (RFC 1035 2.3.4). */
const MAX_HOST_BYTES = 255

/**
 * Is mail for this recipient taken (spec network.md 4.4)? Its host, or a suffix of it that starts with a dot, must be listed in
 * rcpthosts or be a key of morercpthosts, one that is not ASCII may be so by its A-labels; a recipient without `@` is always taken, and without rcpthosts everybody
 * is. What cannot be a host is in no list: its many dots would only make many look-ups.
 */
export const isAllowedRecipient = (recipient: Bytes, rcpthosts: ReadonlySet<Bytes> | undefined, isInMore: (key: Bytes) => boolean): boolean => {
  const at = recipient.lastIndexOf('@')
  if (rcpthosts === undefined || at < 0) return true
  const host = lower(recipient.slice(at + 1))
  if (host.length > MAX_HOST_BYTES || host.includes('..')) return false
  const keys = namesOf(host).flatMap(hostKeys)
  return keys.some((key) => rcpthosts.has(key)) || keys.some(isInMore)
}

const hostKeys = (host: Bytes): Bytes[] => {
  const keys = [host]
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) if (dot > 0) keys.push(host.slice(dot))
  return keys
}

/** The size limit in bytes, Infinity for none: $DATABYTES, where set, wins over control/databytes, even with 0 (spec network.md 4.1). */
export const sizeLimit = (control: number, environment: Bytes | undefined): number => {
  const bytes = environment === undefined ? control : (leadingNumber(environment) ?? 0)
  return bytes === 0 ? Number.POSITIVE_INFINITY : Math.min(bytes, 0xfffffffe)
}
