import { type Bytes, lower } from '../core/bytes.ts'

/** What a host may be listed as in control/smtproutes: itself, each of its ends that starts with a dot, and everything. */
export const routeKeys = (host: Bytes): Bytes[] => {
  const key = lower(host)
  const dots = Array.from(key.matchAll(/\./g), ({ index }) => index)
  return [key, ...dots.filter((at) => at > 0).map((at) => key.slice(at)), '']
}

/** The value of the first of these keys that is listed, be it empty. */
export const firstOf = (keys: readonly Bytes[], map: ReadonlyMap<Bytes, Bytes>): Bytes | undefined =>
  keys.reduce<Bytes | undefined>((found, key) => found ?? map.get(key), undefined)

/** The relay and port of a route's value: what stands before a blank or a `|`, with which user and password begin. */
export const routePlace = (value: Bytes): Bytes => /^[^ \t|]*/.exec(value)?.[0] ?? ''

/** What a sender may be listed as in control/authsenders: itself, each of its ends that begins with `@` or a dot, and everything. */
export const senderKeys = (sender: Bytes): Bytes[] => {
  const key = lower(sender)
  return [key, ...Array.from(key.matchAll(/[@.]/g), ({ index }) => key.slice(index)).filter((end) => end !== key), '']
}
