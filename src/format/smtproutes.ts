import { type Bytes, lower } from '../core/bytes.ts'
import { formsOf, namesOf } from './unicode/a-labels.ts'

const nameKeys = (name: Bytes): Bytes[] => {
  const dots = Array.from(name.matchAll(/\./g), ({ index }) => index)
  return [name, ...dots.filter((at) => at > 0).map((at) => name.slice(at))]
}

/** What a host may be listed as in control/smtproutes: itself, each of its ends that starts with a dot, the same in A-labels, and everything. */
export const routeKeys = (host: Bytes): Bytes[] => [...namesOf(lower(host)).flatMap(nameKeys), '']

/** The value of the first of these keys that is listed, be it empty. */
export const firstOf = (keys: readonly Bytes[], map: ReadonlyMap<Bytes, Bytes>): Bytes | undefined =>
  keys.reduce<Bytes | undefined>((found, key) => found ?? map.get(key), undefined)

/** The relay and port of a route's value: what stands before a blank or a `|`, with which user and password begin. */
export const routePlace = (value: Bytes): Bytes => /^[^ \t|]*/.exec(value)?.[0] ?? ''

/** What a sender may be listed as in control/authsenders: itself, each of its ends that begins with `@` or a dot, the same with A-labels, and everything. */
export const senderKeys = (sender: Bytes): Bytes[] => [...formsOf(lower(sender)).flatMap(endKeys), '']

const endKeys = (address: Bytes): Bytes[] => [
  address,
  ...Array.from(address.matchAll(/[@.]/g), ({ index }) => address.slice(index)).filter((end) => end !== address)
]
