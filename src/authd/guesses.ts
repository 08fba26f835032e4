import { isIPv6 } from 'node:net'
import type { Bytes } from '../core/bytes.ts'

/** Failures are counted within this time. */
const WINDOW_MILLISECONDS = 600_000
const SLOW_FAILURES = 10
const REFUSED_FAILURES = 30
const REFUSED_MILLISECONDS = 900_000
const USER_SLOW_FAILURES = 20
const SLOW_MILLISECONDS = 15_000
/** A success forgives a network that has not tried more users than this. */
const FORGIVEN_USERS = 3
const MAX_REMEMBERED = 65_536

interface Count {
  failures: number
  since: number
  refusedUntil: number
  /** Names tried, up to one more than are forgiven. */
  users: Set<Bytes>
}

/** The network failures of an address are counted for: itself, or the /64 it is in. */
export const networkOf = (ip: Bytes): Bytes => {
  if (!isIPv6(ip)) return ip
  const [head = '', tail] = ip.toLowerCase().split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? front : [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** What to do with an attempt, before it is checked: how long it waits, and whether it is refused unchecked. */
export interface Treatment {
  waitMilliseconds: number
  isRefused: boolean
}

/** Remembers who guesses passwords (spec modern.md 2.3). `now` counts milliseconds and never goes back. */
export class Guesses {
  readonly #networks = new Map<Bytes, Count>()
  readonly #users = new Map<Bytes, Count>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  treat(ip: Bytes, user: Bytes): Treatment {
    const now = this.#now()
    const network = this.#current(this.#networks, networkOf(ip))
    const isSlow = (network?.failures ?? 0) >= SLOW_FAILURES || (this.#current(this.#users, user)?.failures ?? 0) >= USER_SLOW_FAILURES
    return { waitMilliseconds: isSlow ? SLOW_MILLISECONDS : 0, isRefused: network !== undefined && network.refusedUntil > now }
  }

  failed(ip: Bytes, user: Bytes): void {
    const network = this.#count(this.#networks, networkOf(ip))
    network.failures++
    if (network.users.size <= FORGIVEN_USERS) network.users.add(user)
    if (network.failures >= REFUSED_FAILURES) network.refusedUntil = this.#now() + REFUSED_MILLISECONDS
    this.#count(this.#users, user).failures++
  }

  succeeded(ip: Bytes): void {
    const network = this.#networks.get(networkOf(ip))
    if (network && network.users.size <= FORGIVEN_USERS) this.#networks.delete(networkOf(ip))
  }

  /** The count of a key, unless its time is over. */
  #current(counts: Map<Bytes, Count>, key: Bytes): Count | undefined {
    const count = counts.get(key)
    if (!count) return undefined
    const now = this.#now()
    if (now - count.since < WINDOW_MILLISECONDS || now < count.refusedUntil) return count
    counts.delete(key)
    return undefined
  }

  /** The count of a key, made now if need be, as the most recent; the least recent goes when there are too many. */
  #count(counts: Map<Bytes, Count>, key: Bytes): Count {
    const count = this.#current(counts, key) ?? { failures: 0, since: this.#now(), refusedUntil: 0, users: new Set() }
    counts.delete(key)
    counts.set(key, count)
    const oldest = counts.keys().next().value
    if (counts.size > MAX_REMEMBERED && oldest !== undefined) counts.delete(oldest)
    return count
  }
}
