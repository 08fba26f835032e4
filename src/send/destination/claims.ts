import { type Claim, messageClaim } from '../shares.ts'
import { type Destination, WEIGHT } from './destination.ts'

/** A remote delivery counts for its message, and for its destination. */
export const remoteClaims = (id: number, destination: Destination, now: number): Claim[] => [messageClaim(id), ...destination.claims(now)]

/** A destination's share of other places than slots, whatever its host does. */
export const destinationClaim = ({ key }: Destination): Claim => ({ key, weight: WEIGHT })
