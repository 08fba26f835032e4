import { CHANNELS, type Channel } from '../../queue/paths.ts'
import type { Held } from '../message.ts'

/** So many messages are held in memory for each channel; more wait in todo/, with nothing but their numbers known. */
const MAX_HELD = 250

/** The messages of the express lane, oldest first, and those that wait to get in. */
export class Lane {
  readonly #held = new Map<number, Held>()
  readonly #leaving = new Map<number, Held>()
  readonly #use: Record<Channel, number> = { local: 0, remote: 0 }
  readonly #parked: Record<Channel, Set<number>> = { local: new Set(), remote: new Set() }

  get(id: number): Held | undefined {
    return this.#held.get(id)
  }

  /** A message that has its files already, while its envelope is still there. */
  leaving(id: number): Held | undefined {
    return this.#leaving.get(id)
  }

  has(id: number): boolean {
    return this.#held.has(id)
  }

  /** Oldest first. */
  messages(): Iterable<Held> {
    return this.#held.values()
  }

  add(held: Held): void {
    this.#held.set(held.id, held)
    for (const channel of CHANNELS) if (held.recipients[channel].length > 0) this.#use[channel]++
  }

  remove(held: Held): void {
    if (!this.#held.delete(held.id)) return
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

  hasRoom(channel: Channel): boolean {
    return this.#use[channel] < MAX_HELD
  }

  hasQueue(channel: Channel): boolean {
    return this.#parked[channel].size > 0
  }

  /** Has a message wait for room on this channel. */
  park(id: number, channel: Channel): void {
    this.#parked[channel].add(id)
  }

  /** The message that has waited longest, if there is room for it now. */
  unpark(): number | undefined {
    for (const channel of CHANNELS) {
      if (!this.hasRoom(channel)) continue
      for (const id of this.#parked[channel]) {
        this.#parked[channel].delete(id)
        return id
      }
    }
    return undefined
  }
}
