import { type Bytes, ownCopy } from '../../core/bytes.ts'
import type { Channel } from '../../queue/paths.ts'

/** So much of an answer is remembered. */
const MAX_ANSWER_BYTES = 300
/** For so many recipients of a message. */
const MAX_ANSWERS = 1000

/** What became of the tries for one recipient that is still not done. */
export interface Answer {
  /** Tries that ended in a deferral. */
  tries: number
  /** What the other side said at the last one. */
  text: Bytes
  /** When, Unix seconds. */
  at: number
}

const keyOf = (channel: Channel, address: Bytes): Bytes => `${channel} ${address}`

/** What qmail-send has learnt about the messages in the queue since it started, and no file says. */
export class Memory {
  readonly #answers = new Map<number, Map<Bytes, Answer>>()
  readonly #domains = new Map<number, Partial<Record<Channel, readonly Bytes[]>>>()
  /** Each domain's one string. */
  readonly #names = new Map<Bytes, Bytes>()

  /** A try for this recipient was put off. `now` in Unix seconds. */
  deferred(id: number, channel: Channel, address: Bytes, text: Bytes, now: number): void {
    const answers = this.#answers.get(id) ?? new Map<Bytes, Answer>()
    const key = ownCopy(keyOf(channel, address))
    if (answers.size >= MAX_ANSWERS && !answers.has(key)) return
    answers.set(key, { tries: (answers.get(key)?.tries ?? 0) + 1, text: ownCopy(text.slice(0, MAX_ANSWER_BYTES).trimEnd()), at: now })
    this.#answers.set(id, answers)
  }

  /** This recipient is done. */
  settled(id: number, channel: Channel, address: Bytes): void {
    this.#answers.get(id)?.delete(keyOf(channel, address))
  }

  answer(id: number, channel: Channel, address: Bytes): Answer | undefined {
    return this.#answers.get(id)?.get(keyOf(channel, address))
  }

  /** These are the domains (nameOf) of all the recipients on a channel that are not done. */
  know(id: number, channel: Channel, domains: readonly Bytes[]): void {
    this.#domains.set(id, { ...this.#domains.get(id), [channel]: domains })
  }

  /** A domain's one string. */
  nameOf(domain: Bytes): Bytes {
    const known = this.#names.get(domain)
    if (known !== undefined) return known
    const name = ownCopy(domain)
    this.#names.set(name, name)
    return name
  }

  /** The domains of all recipients on these channels that are not done, and perhaps of some that are; undefined: not known. */
  domains(id: number, channels: readonly Channel[]): Bytes[] | undefined {
    const known = this.#domains.get(id)
    const found = channels.map((channel) => known?.[channel])
    return found.includes(undefined) ? undefined : found.flatMap((domains) => domains ?? [])
  }

  /** The message has left the queue, or its number is another's. */
  forget(id: number): void {
    this.#answers.delete(id)
    this.#domains.delete(id)
    if (this.#domains.size === 0) this.#names.clear()
  }
}
