import type { Bytes } from '../../core/bytes.ts'
import type { AuthAnswer } from '../../serve/auth-door.ts'
import type { AuthMode } from '../../serve/auth-mode.ts'
import type { Claim } from './sasl.ts'

/** One who has logged in. */
export interface AuthUser {
  /** As the checker calls it. */
  name: Bytes
  /** The way it did, in lower case. */
  method: Bytes
  /** Addresses it may send from, as the checker has them. */
  senders: readonly Bytes[]
}

/** What is written down of an attempt. */
export type AuthOutcome = 'auth-success' | 'auth-failed' | 'auth-temporary'

/** AUTH in one session, as its exchanges see it. */
export interface Authentication extends AuthMode {
  /** Who the client is by its certificate, without AUTH ($UCSPITLS is `@`). */
  certified: AuthUser | undefined
  /** May a password come without TLS? */
  isClearAllowed: boolean
  /** Is AUTH also offered in the way very old clients know it? */
  isOldOffered: boolean
  /** Failures before the session is ended; Infinity for no limit. */
  maxFailures: number
  /** How long the answer to a wrong password takes. */
  delayMilliseconds: number
  /** The envelope sender has to be the user ($FORCEAUTHMAILFROM): an address that is not is refused in that patch's words. */
  isForcedSame: boolean
  /** May this user send from this address? Throws Temporary when control/ cannot be read. */
  maySendFrom: (user: AuthUser, sender: Bytes) => boolean
  /** Asks about a claim. Never fails. */
  check: (method: Bytes, claim: Claim, challenge: Bytes) => Promise<AuthAnswer>
  /** The session is this user's from now on; undefined: nobody's any more. */
  become: (user: AuthUser | undefined) => void
  /** A challenge that is nobody else's. */
  challenge: () => Bytes
  log: (outcome: AuthOutcome, method: Bytes, user: Bytes) => void
}
