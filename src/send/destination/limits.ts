import { type Bytes, leadingNumber } from '../../core/bytes.ts'
import { firstOf, routeKeys } from '../../format/smtproutes.ts'
import { type Limits, NO_LIMITS } from './destination.ts'

/** A number where there is one; a pace of 0 would be one that never comes. */
const limitIn = (text: Bytes | undefined, least: number): number => {
  const number = leadingNumber(text ?? '')
  return number === undefined || number < least ? Number.POSITIVE_INFINITY : number
}

/** The limits in `concurrency:per-minute`, either of which may be empty. */
const limitsIn = (value: Bytes): Limits => {
  const [concurrency, perMinute] = value.split(':')
  return { concurrency: limitIn(concurrency, 0), perMinute: limitIn(perMinute, 1) }
}

/** Limits by control/destinations: of a host, of what ends in `.domain`, of each other one (nothing before the first colon). */
export const limitsFor = (host: Bytes, lines: ReadonlyMap<Bytes, Bytes>): Limits => {
  const value = lines.size === 0 ? undefined : firstOf(routeKeys(host), lines)
  return value === undefined ? NO_LIMITS : limitsIn(value)
}
