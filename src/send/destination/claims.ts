import { type Claim, messageClaim } from '../shares.ts'
import type { Destination } from './destination.ts'
import { WEIGHT } from './standing.ts'

/** A remote delivery counts for its message, and for its destination. */
export const remoteClaims = (id: number, destination: Destination, now: number): Claim[] => [messageClaim(id), ...destination.claims(now)]

/** A destination's share of other places than slots, whatever its host does. */
export const destinationClaim = ({ key }: Destination): Claim => ({ key, weight: WEIGHT })
