import type { Bytes } from '../../core/bytes.ts'
import type { Job } from '../message.ts'
import { type Claim, localClaims } from '../shares.ts'
import type { State } from '../state.ts'
import { remoteClaims } from './claims.ts'
import type { Destination } from './destination.ts'

/** A message this old has been tried before. */
const NEWS_SECONDS = 60

/** What a delivery to a recipient counts for, and where it goes; a remote one. */
export interface Way {
  claims: readonly Claim[]
  destination: Destination | undefined
}

/** Where a recipient's way goes. */
export const wayOf = ({ destinations }: State, { id, channel, sender, birth }: Job, address: Bytes, now: number): Way => {
  if (channel === 'local') return { claims: localClaims(id, address), destination: undefined }
  const destination = destinations.of(address, sender)
  if (now / 1000 - birth < NEWS_SECONDS) destination.hasNews()
  return { claims: remoteClaims(id, destination, now), destination }
}

/** What the recipients that are left wait for: shares, by key; the next start a host's pace allows; the end of a host's pause (Unix milliseconds). */
export interface Wait {
  claims: Map<string, Claim>
  paceAt: number
  pauseEnds: number
}

/** Nothing yet. */
export const forNothing = (): Wait => ({ claims: new Map(), paceAt: Number.POSITIVE_INFINITY, pauseEnds: Number.POSITIVE_INFINITY })

/** May the host be tried now? If not, `wait` learns when. A last try waits for no pause. */
export const mayVisit = ({ pauseEnds, nextStart }: Destination, { isDying }: Job, now: number, wait: Wait): boolean => {
  const isPaused = pauseEnds > now && !isDying
  if (isPaused) wait.pauseEnds = Math.min(wait.pauseEnds, pauseEnds)
  else if (nextStart > now) wait.paceAt = Math.min(wait.paceAt, nextStart)
  return !isPaused && nextStart <= now
}
