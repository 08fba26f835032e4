import type { Bytes } from '../../core/bytes.ts'
import { CHANNELS, type Channel, WIDE_LIMIT } from '../../queue/paths.ts'
import { destinationClaim } from '../destination/claims.ts'
import type { Destination } from '../destination/destination.ts'
import type { Held, Message } from '../message.ts'
import { type Claim, Shares, userClaims } from '../shares.ts'

/** So many messages are held in memory for each channel, as many as may be under way; more wait in todo/, with nothing but their numbers known. */
const MAX_HELD = WIDE_LIMIT

/** Where a message waits for the lane: with those of its submitter's, for a channel; or, with a claim, with those of a user or a destination that has had its share. */
export interface Place {
  channel: Channel
  key: string
  claim: Claim | undefined
}

interface Parked {
  claim: Claim | undefined
  ids: Set<number>
}

type DestinationOf = (recipient: { address: Bytes }, sender: Bytes) => Destination

/** The messages of the express lane, oldest first, and those that wait to get in: their submitters take turns. */
export class Lane {
  readonly #held = new Map<number, Held>()
  readonly #leaving = new Map<number, Held>()
  readonly #claims = new Map<number, Claim[]>()
  readonly #destinationOf: DestinationOf
  readonly #shares = new Shares()
  readonly #use: Record<Channel, number> = { local: 0, remote: 0 }
  readonly #parked: Record<Channel, Map<string, Parked>> = { local: new Map(), remote: new Map() }

  constructor(destinationOf: DestinationOf) {
    this.#destinationOf = destinationOf
  }

  /** What a message counts for on a channel. */
  #claimsOf({ recipients, sender = '' }: Message, channel: Channel): Claim[] {
    if (channel === 'local') return userClaims(recipients.local)
    const destinations = recipients.remote.map((recipient) => this.#destinationOf(recipient, sender))
    return (destinations.length < 2 ? destinations : [...new Set(destinations)]).map(destinationClaim)
  }

  get(id: number): Held | undefined {
    return this.#held.get(id)
  }

  /** A message that has its files already, while its envelope is still there. */
  leaving(id: number): Held | undefined {
    return this.#leaving.get(id)
  }

  /** Oldest first. */
  messages(): Iterable<Held> {
    return this.#held.values()
  }

  add(held: Held): void {
    const claims = [...this.#claimsOf(held, 'local'), ...this.#claimsOf(held, 'remote')]
    this.#held.set(held.id, held)
    this.#claims.set(held.id, claims)
    this.#shares.take(claims)
    for (const channel of CHANNELS) if (held.recipients[channel].length > 0) this.#use[channel]++
  }

  remove(held: Held): void {
    if (!this.#held.delete(held.id)) return
    this.#shares.give(this.#claims.get(held.id) ?? [])
    this.#claims.delete(held.id)
    for (const channel of CHANNELS) if (held.recipients[channel].length > 0) this.#use[channel]--
  }

  /** Its files are written; deliveries go by them from now on. */
  leave(held: Held): void {
    this.remove(held)
    this.#leaving.set(held.id, held)
  }

  /** Its envelope is gone. */
  left(held: Held): void {
    this.#leaving.delete(held.id)
  }

  /** Where a message has to wait; undefined: it may come in. `isNext`: it has waited already. */
  placeFor(message: Message, isNext: boolean): Place | undefined {
    const { recipients, uid } = message
    for (const channel of CHANNELS) {
      if (recipients[channel].length > 0 && (!this.#hasRoom(channel) || (!isNext && this.#hasQueue(channel))))
        return { channel, key: `s${uid}`, claim: undefined }
    }
    for (const channel of CHANNELS) {
      for (const claim of this.#claimsOf(message, channel)) {
        if (!this.#allows(claim, channel) || (!isNext && this.#parked[channel].has(claim.key))) return { channel, key: claim.key, claim }
      }
    }
    return undefined
  }

  /** Has a message wait there. */
  park(id: number, { channel, key, claim }: Place): void {
    const parked = this.#parked[channel].get(key) ?? { claim, ids: new Set() }
    parked.ids.add(id)
    this.#parked[channel].set(key, parked)
  }

  /** It waits there no more. */
  unparkFrom(id: number, { channel, key }: Place): void {
    const parked = this.#parked[channel].get(key)
    parked?.ids.delete(id)
    if (parked?.ids.size === 0) this.#parked[channel].delete(key)
  }

  /** The message that has waited longest in the place whose turn it is, if there is room for it now. */
  unpark(): number | undefined {
    for (const channel of CHANNELS) {
      if (!this.#hasRoom(channel)) continue
      for (const [key, parked] of this.#parked[channel]) {
        if (parked.claim === undefined || this.#allows(parked.claim, channel)) return this.#takeFrom(channel, key, parked)
      }
    }
    return undefined
  }

  #takeFrom(channel: Channel, key: string, parked: Parked): number | undefined {
    const [id] = parked.ids
    this.#parked[channel].delete(key)
    if (id !== undefined) parked.ids.delete(id)
    if (parked.ids.size > 0) this.#parked[channel].set(key, parked) // at the end: the others' turn
    return id
  }

  /** Is nothing in the lane that goes where this message goes? */
  isFirst(message: Message, channel: Channel): boolean {
    return this.#claimsOf(message, channel).every(({ key }) => this.#shares.isUnused(key))
  }

  #allows(claim: Claim, channel: Channel): boolean {
    return this.#shares.allows(claim, MAX_HELD - this.#use[channel])
  }

  #hasRoom(channel: Channel): boolean {
    return this.#use[channel] < MAX_HELD
  }

  #hasQueue(channel: Channel): boolean {
    for (const { claim } of this.#parked[channel].values()) if (claim === undefined) return true
    return false
  }
}
