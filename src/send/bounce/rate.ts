import { type Bytes, lower } from '../../core/bytes.ts'

const MINUTE_SECONDS = 60
/** A bounce that would have to wait longer is not sent at all. */
const MAX_WAIT_SECONDS = 3600
/** Addresses are forgotten, when there are more of them, as soon as they have their whole minute's worth again. */
const MAX_ADDRESSES = 10_000

/**
 * How many bounces one address gets: so many a minute, the first of them at once. What comes beyond that waits for its place; what would wait for more than an hour gets
 * none. So whoever sends in a stranger's name cannot have us bury that stranger in bounces.
 */
export class BounceRate {
  /** When the next place of an address is, in Unix seconds. */
  readonly #next = new Map<Bytes, number>()
  /** The places given to messages that wait. */
  readonly #places = new Map<number, number>()
  #nextLook = 0

  /** How many seconds the bounce of this message has to wait yet, with so many allowed a minute; undefined: it is not to be sent. `now`: Unix seconds. */
  wait(id: number, address: Bytes, perMinute: number, now: number): number | undefined {
    const given = this.#places.get(id)
    if (given !== undefined) return Math.max(0, given - now)
    const [key, step] = [lower(address), MINUTE_SECONDS / perMinute]
    const place = Math.max(this.#next.get(key) ?? 0, now - MINUTE_SECONDS + step)
    if (place - now > MAX_WAIT_SECONDS) return undefined
    this.#next.set(key, place + step)
    this.#places.set(id, place)
    this.#forget(now)
    return Math.max(0, place - now)
  }

  /** Does this message hold a place already? */
  has(id: number): boolean {
    return this.#places.has(id)
  }

  /** The message is done with: its number may come again. */
  release(id: number): void {
    this.#places.delete(id)
  }

  #forget(now: number): void {
    if (this.#next.size <= MAX_ADDRESSES || now < this.#nextLook) return
    this.#nextLook = now + MINUTE_SECONDS
    for (const [key, next] of this.#next) if (next <= now - MINUTE_SECONDS) this.#next.delete(key)
  }
}
