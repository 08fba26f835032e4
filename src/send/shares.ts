import { type Bytes, lower } from '../core/bytes.ts'

/**
 * What a delivery counts for, and how much of it may run at a time: `weight` times the slots that are free. So nobody takes the last slots,
 * however few or many there are, and one alone still gets most of them: 4 of 5 for a message, 2 of 3 for a user.
 */
export interface Claim {
  readonly key: string
  readonly weight: number
  /** Not more than so many, whatever is free. */
  readonly cap?: number
}

const MESSAGE_WEIGHT = 4
const USER_WEIGHT = 2

/**
 * Whose mailbox it is, as far as an address tells: the part before the first `-`. Users who share such a beginning share its slots, and
 * the addresses of one user cannot be multiplied by extensions.
 */
export const userOf = (address: Bytes): string => {
  const dash = address.indexOf('-')
  const at = address.lastIndexOf('@')
  return lower(address.slice(0, dash >= 0 && (at < 0 || dash < at) ? dash : at < 0 ? undefined : at))
}

const userClaim = (address: Bytes): Claim => ({ key: `u${userOf(address)}`, weight: USER_WEIGHT })

/** The users among local recipients, each once. */
export const userClaims = (recipients: readonly { address: Bytes }[]): Claim[] => {
  const claims = recipients.map(({ address }) => userClaim(address))
  return claims.length < 2 ? claims : [...new Map(claims.map((claim) => [claim.key, claim])).values()]
}

/** A delivery counts for its message. */
export const messageClaim = (id: number): Claim => ({ key: `m${id}`, weight: MESSAGE_WEIGHT })

/** A local delivery counts for its message and its user. */
export const localClaims = (id: number, address: Bytes): Claim[] => [messageClaim(id), userClaim(address)]

/** How many of something are in use, by what they count for. */
export class Shares {
  readonly #used = new Map<string, number>()

  /** May one more count for this, while so many places are free? */
  allows({ key, weight, cap }: Claim, free: number): boolean {
    const used = this.#used.get(key) ?? 0
    return used < weight * free && (cap === undefined || used < cap)
  }

  /** Does nothing count for this? */
  isUnused(key: string): boolean {
    return !this.#used.has(key)
  }

  /** The first of the claims that must wait; undefined: none. */
  blocked(claims: readonly Claim[], free: number): Claim | undefined {
    return claims.find((claim) => !this.allows(claim, free))
  }

  take(claims: readonly Claim[]): void {
    for (const { key } of claims) this.#used.set(key, (this.#used.get(key) ?? 0) + 1)
  }

  give(claims: readonly Claim[]): void {
    for (const { key } of claims) {
      const left = (this.#used.get(key) ?? 0) - 1
      if (left > 0) this.#used.set(key, left)
      else this.#used.delete(key)
    }
  }

  clear(): void {
    this.#used.clear()
  }
}
