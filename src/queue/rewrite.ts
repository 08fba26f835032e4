import { type Bytes, lower, splitAddress } from '../core/bytes.ts'
import { formsOf, namesOf } from '../format/unicode/a-labels.ts'
import type { Channel } from './paths.ts'

/** What decides where a recipient goes. All keys in lower case; a domain that is not ASCII is found by its A-labels too. */
export interface Routing {
  /** Domain of recipients without one. */
  envnoathost: Bytes
  percenthack: ReadonlySet<Bytes>
  locals: ReadonlySet<Bytes>
  virtualdomains: ReadonlyMap<Bytes, Bytes>
}

/** The value of the most specific key for a name: itself, then `.parent` by `.parent`. */
const nameValue = (virtualdomains: ReadonlyMap<Bytes, Bytes>, name: Bytes): Bytes | undefined => {
  const exact = virtualdomains.get(name)
  if (exact !== undefined) return exact
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const value = virtualdomains.get(name.slice(dot))
    if (value !== undefined) return value
  }
  return undefined
}

/** The value of the most specific key for a domain; the last one is the empty key. */
const domainValue = (virtualdomains: ReadonlyMap<Bytes, Bytes>, domain: Bytes): Bytes | undefined => {
  for (const name of namesOf(domain)) {
    const value = nameValue(virtualdomains, name)
    if (value !== undefined) return value
  }
  return virtualdomains.get('')
}

/** The value of a key that is a whole address. */
const addressValue = (virtualdomains: ReadonlyMap<Bytes, Bytes>, address: Bytes): Bytes | undefined =>
  formsOf(address)
    .map((form) => virtualdomains.get(form))
    .find((value) => value !== undefined)

/** What virtualdomains puts before an address, by the address itself or its domain; empty: nothing, though there is a key for it; undefined: it has none. */
export const prependOf = (address: Bytes, virtualdomains: ReadonlyMap<Bytes, Bytes>): Bytes | undefined =>
  addressValue(virtualdomains, lower(address)) ?? domainValue(virtualdomains, lower(splitAddress(address).host ?? ''))

/** `user%host@domain` of a percenthack domain becomes `user@host`, again and again. */
const unpercent = (address: Bytes, percenthack: ReadonlySet<Bytes>): Bytes => {
  const { box, host } = splitAddress(address)
  const percent = box.lastIndexOf('%')
  if (percent < 0 || !namesOf(lower(host ?? '')).some((name) => percenthack.has(name))) return address
  return unpercent(`${box.slice(0, percent)}@${box.slice(percent + 1)}`, percenthack)
}

/** The channel an envelope recipient is delivered on, and its address there. Never fails (spec queue.md 5.5). */
export const rewrite = (recipient: Bytes, routing: Routing): { channel: Channel; address: Bytes } => {
  const full = recipient.includes('@') ? recipient : `${recipient}@${routing.envnoathost}`
  const address = routing.percenthack.size > 0 ? unpercent(full, routing.percenthack) : full
  const domain = lower(splitAddress(address).host ?? '')
  if (namesOf(domain).some((name) => routing.locals.has(name))) return { channel: 'local', address }
  if (routing.virtualdomains.size === 0) return { channel: 'remote', address }
  const prepend = prependOf(address, routing.virtualdomains)
  return prepend ? { channel: 'local', address: `${prepend}-${address}` } : { channel: 'remote', address }
}

/** A rewritten recipient as its bounce names it: without the prepend its domain has in virtualdomains now. `user@domain` keys do not count (spec queue.md 5.9). */
export const withoutPrepend = (recipient: Bytes, virtualdomains: ReadonlyMap<Bytes, Bytes>): Bytes => {
  const prepend = domainValue(virtualdomains, lower(splitAddress(recipient).host ?? ''))
  return prepend && recipient.startsWith(`${prepend}-`) ? recipient.slice(prepend.length + 1) : recipient
}
