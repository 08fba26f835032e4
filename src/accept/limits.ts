import { type Bytes, leadingNumber } from '../core/bytes.ts'
import { addressBytes } from '../net/ip.ts'

/** At most `count` connections in any `seconds`. */
export interface Rate {
  count: number
  seconds: number
}

/** What one client may have. 0, or undefined: no limit. */
export interface LimitSet {
  /** Connections at a time, from one address and from one network. */
  perAddress: number
  perNetwork: number
  addressRate: Rate | undefined
  networkRate: Rate | undefined
  /** How large a network is: leading bits of an IPv4 and of an IPv6 address. */
  networkBits: [v4: number, v6: number]
}

export const NO_LIMITS: LimitSet = { perAddress: 0, perNetwork: 0, addressRate: undefined, networkRate: undefined, networkBits: [24, 64] }

/** Does it limit anything? */
export const hasLimits = ({ perAddress, perNetwork, addressRate, networkRate }: LimitSet): boolean =>
  perAddress > 0 || perNetwork > 0 || addressRate !== undefined || networkRate !== undefined

/** A rate written as `30/60`: 30 connections in 60 seconds (`30` alone: in a minute); undefined for 0, and for what is none. */
export const parseRate = (text: Bytes): Rate | undefined => {
  const [count = '', seconds = '60'] = text.split('/', 2)
  const rate = { count: leadingNumber(count) ?? 0, seconds: leadingNumber(seconds) ?? 0 }
  return rate.count > 0 && rate.seconds > 0 ? rate : undefined
}

const VARIABLES = ['MAXCONNIP', 'MAXCONNC', 'MAXRATEIP', 'MAXRATEC']

/** Does a rule that sets this variable set a limit? */
export const isLimiting = (name: Bytes): boolean => VARIABLES.includes(name)

/** Limits for a client whose rule sets these variables, which win over the command line's. */
export const limitsBy = (limits: LimitSet, variables: ReadonlyMap<Bytes, Bytes>): LimitSet => {
  const number = (name: string, otherwise: number): number => leadingNumber(variables.get(name) ?? '') ?? otherwise
  const rate = (name: string, otherwise: Rate | undefined): Rate | undefined => {
    const text = variables.get(name)
    return text === undefined ? otherwise : parseRate(text)
  }
  return {
    perAddress: number('MAXCONNIP', limits.perAddress),
    perNetwork: number('MAXCONNC', limits.perNetwork),
    addressRate: rate('MAXRATEIP', limits.addressRate),
    networkRate: rate('MAXRATEC', limits.networkRate),
    networkBits: limits.networkBits
  }
}

/** The network an address is in, in a form to compare. */
export const networkOf = (ip: Bytes, [v4, v6]: LimitSet['networkBits']): Bytes => {
  const bytes = addressBytes(ip)
  if (bytes === undefined) return ip
  const bits = bytes.length === 4 ? v4 : v6
  const kept = Buffer.from(bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i)))))
  return `${kept.toString('hex')}/${bits}`
}

/** So many clients are remembered for their rates; then those forgotten first are those that have been away longest. */
const MAX_REMEMBERED = 65_536

/**
 * Connections at a time and their rate, by client: an address, or a network. The rate is that of a leaky bucket: `count` at once are let through, then one
 * each time a `count`-th of the time has passed.
 */
class Counts {
  readonly #active = new Map<Bytes, number>()
  /** When a client will have used up nothing any more, in milliseconds; in the order of the last connection. */
  readonly #debts = new Map<Bytes, number>()

  active(key: Bytes): number {
    return this.#active.get(key) ?? 0
  }

  add(key: Bytes): void {
    this.#active.set(key, this.active(key) + 1)
  }

  remove(key: Bytes): void {
    const left = this.active(key) - 1
    if (left > 0) this.#active.set(key, left)
    else this.#active.delete(key)
  }

  /** Takes one connection off what the rate allows; false: there is nothing left now. */
  spend(key: Bytes, { count, seconds }: Rate, nowMs: number): boolean {
    const windowMs = seconds * 1000
    const debt = Math.max(this.#debts.get(key) ?? 0, nowMs) + windowMs / count
    if (debt > nowMs + windowMs + 1e-6) return false
    this.#debts.delete(key)
    this.#debts.set(key, debt)
    this.#forget(nowMs)
    return true
  }

  #forget(nowMs: number): void {
    for (const [key, debt] of this.#debts) {
      if (debt > nowMs && this.#debts.size <= MAX_REMEMBERED) return
      this.#debts.delete(key)
    }
  }
}

/** Which limit a connection is over, in words for the log. */
export type Excess = string

/** Keeps count of the clients of one server. Connections are added when they come and removed when they end; in between, `excess` judges. */
export class ClientLimits {
  readonly #addresses = new Counts()
  readonly #networks = new Counts()
  readonly #networkBits: LimitSet['networkBits']
  readonly #now: () => number

  /** `now`: the time in milliseconds. */
  constructor(networkBits: LimitSet['networkBits'], now: () => number) {
    this.#networkBits = networkBits
    this.#now = now
  }

  add(ip: Bytes): void {
    this.#addresses.add(ip)
    this.#networks.add(networkOf(ip, this.#networkBits))
  }

  remove(ip: Bytes): void {
    this.#addresses.remove(ip)
    this.#networks.remove(networkOf(ip, this.#networkBits))
  }

  /** The limit that a connection, added before, is over; undefined: none. Connections that are over a limit do not count towards rates. */
  excess(ip: Bytes, limits: LimitSet): Excess | undefined {
    const network = networkOf(ip, this.#networkBits)
    if (limits.perAddress > 0 && this.#addresses.active(ip) > limits.perAddress) return `over ${limits.perAddress} connections from this address`
    if (limits.perNetwork > 0 && this.#networks.active(network) > limits.perNetwork) return `over ${limits.perNetwork} connections from this network`
    const { addressRate, networkRate } = limits
    if (addressRate && !this.#addresses.spend(ip, addressRate, this.#now()))
      return `over ${addressRate.count} connections in ${addressRate.seconds} s from this address`
    if (networkRate && !this.#networks.spend(network, networkRate, this.#now()))
      return `over ${networkRate.count} connections in ${networkRate.seconds} s from this network`
    return undefined
  }
}
