import { type Bytes, leadingNumber } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import type { Channel } from '../queue/paths.ts'

/** Added to the root of the age before it is squared again: remote hosts get twice the pause. */
const STEP = { local: 10, remote: 20 } as const

/** The pauses between tries, in seconds, the last of them again and again; none: qmail's ages. */
export type Schedule = Record<Channel, readonly number[]>

const UNITS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }
const LINE = /^(?:(local|remote):)?([0-9]{1,9})([smhd]?)$/
/** A pause may be this short. */
const LEAST_SECONDS = 10

/** The pauses in the lines of control/retryschedule: `300`, `5m`, `remote:1h`; one without a channel is for both. Throws Temporary at a line that is none. */
export const scheduleIn = (lines: readonly Bytes[]): Schedule => {
  const schedule = { local: [] as number[], remote: [] as number[] }
  for (const line of lines) {
    const [, channel, number = '', unit = ''] = LINE.exec(line) ?? []
    const pause = (leadingNumber(number) ?? 0) * (UNITS[unit] ?? 1)
    if (pause < LEAST_SECONDS) throw new Temporary(`control/retryschedule: ${line} is no pause of ${LEAST_SECONDS} seconds or more`)
    if (channel !== 'remote') schedule.local.push(pause)
    if (channel !== 'local') schedule.remote.push(pause)
  }
  return schedule
}

/** The first age after this one at which these pauses have a try, all in seconds. */
const nextAge = (age: number, pauses: readonly number[]): number => {
  let at = 0
  for (const pause of pauses) {
    at += pause
    if (at > age) return at
  }
  const last = pauses.at(-1) ?? 1
  return at + (Math.floor((age - at) / last) + 1) * last
}

/**
 * When a message born at `birth` is tried again on this channel after a pass that starts at `now` (all in Unix seconds): at the ages the pauses of its
 * schedule add up to; without them at 0, 100, 400, 900 ... (local) and 0, 400, 1600, 3600 ... (remote), as long as no delivery hangs (spec queue.md 5.6).
 */
export const retryAt = (birth: number, now: number, channel: Channel, schedule?: Schedule): number => {
  const pauses = schedule?.[channel] ?? []
  if (pauses.length > 0) return birth + nextAge(Math.max(0, now - birth), pauses)
  const root = now > birth ? Math.floor(Math.sqrt(now - birth)) : 0
  return birth + (root + STEP[channel]) ** 2
}

/** Has the message been in the queue for longer than `lifetime` seconds? Then a pass that starts now is its last. */
export const isDying = (birth: number, now: number, lifetime: number): boolean => now > birth + lifetime
