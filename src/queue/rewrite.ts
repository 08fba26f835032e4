import { type Bytes, lower, splitAddress } from '../core/bytes.ts'
import type { Channel } from './paths.ts'

/** What decides where a recipient goes. All keys in lower case. */
export interface Routing {
  /** Domain of recipients without one. */
  envnoathost: Bytes
  percenthack: ReadonlySet<Bytes>
  locals: ReadonlySet<Bytes>
  virtualdomains: ReadonlyMap<Bytes, Bytes>
}

/** The value of the most specific key for a domain: itself, then `.parent` by `.parent`, then the empty key. */
const domainValue = (virtualdomains: ReadonlyMap<Bytes, Bytes>, domain: Bytes): Bytes | undefined => {
  const exact = virtualdomains.get(domain)
  if (exact !== undefined) return exact
  for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
    const value = virtualdomains.get(domain.slice(dot))
    if (value !== undefined) return value
  }
  return virtualdomains.get('')
}

/** What virtualdomains puts before an address, by the address itself or its domain; empty: nothing, though there is a key for it; undefined: it has none. */
export const prependOf = (address: Bytes, virtualdomains: ReadonlyMap<Bytes, Bytes>): Bytes | undefined =>
  virtualdomains.get(lower(address)) ?? domainValue(virtualdomains, lower(splitAddress(address).host ?? ''))

/** `user%host@domain` of a percenthack domain becomes `user@host`, again and again. */
const unpercent = (address: Bytes, percenthack: ReadonlySet<Bytes>): Bytes => {
  const { box, host } = splitAddress(address)
  const percent = box.lastIndexOf('%')
  if (percent < 0 || !percenthack.has(lower(host ?? ''))) return address
  return unpercent(`${box.slice(0, percent)}@${box.slice(percent + 1)}`, percenthack)
}

/** The channel an envelope recipient is delivered on, and its address there. Never fails (spec queue.md 5.5). */
export const rewrite = (recipient: Bytes, routing: Routing): { channel: Channel; address: Bytes } => {
  const full = recipient.includes('@') ? recipient : `${recipient}@${routing.envnoathost}`
  const address = routing.percenthack.size > 0 ? unpercent(full, routing.percenthack) : full
  const domain = lower(splitAddress(address).host ?? '')
  if (routing.locals.has(domain)) return { channel: 'local', address }
  if (routing.virtualdomains.size === 0) return { channel: 'remote', address }
  const prepend = prependOf(address, routing.virtualdomains)
  return prepend ? { channel: 'local', address: `${prepend}-${address}` } : { channel: 'remote', address }
}

/** A rewritten recipient as its bounce names it: without the prepend its domain has in virtualdomains now. `user@domain` keys do not count (spec queue.md 5.9). */
export const withoutPrepend = (recipient: Bytes, virtualdomains: ReadonlyMap<Bytes, Bytes>): Bytes => {
  const prepend = domainValue(virtualdomains, lower(splitAddress(recipient).host ?? ''))
  return prepend && recipient.startsWith(`${prepend}-`) ? recipient.slice(prepend.length + 1) : recipient
}
