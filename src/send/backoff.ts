import type { Channel } from '../queue/paths.ts'

/** Added to the root of the age before it is squared again: remote hosts get twice the pause. */
const STEP = { local: 10, remote: 20 } as const

/**
 * When a message born at `birth` is tried again on this channel after a pass that starts at `now` (all in Unix seconds): at the
 * ages 0, 100, 400, 900 ... (local) and 0, 400, 1600, 3600 ... (remote), as long as no delivery hangs (spec queue.md 5.6).
 */
export const retryAt = (birth: number, now: number, channel: Channel): number => {
  const root = now > birth ? Math.floor(Math.sqrt(now - birth)) : 0
  return birth + (root + STEP[channel]) ** 2
}

/** Has the message been in the queue for longer than `lifetime` seconds? Then a pass that starts now is its last. */
export const isDying = (birth: number, now: number, lifetime: number): boolean => now > birth + lifetime
