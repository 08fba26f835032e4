import { type Bytes, ownCopy } from '../../core/bytes.ts'
import type { KeptAnswer } from '../../queue/answers.ts'
import type { Channel } from '../../queue/paths.ts'

/** So much of an answer is remembered. */
const MAX_ANSWER_BYTES = 300
/** For so many recipients of a message. */
const MAX_ANSWERS = 1000

/** With more names of domains, those no message has are forgotten. */
const MANY_NAMES = 16_384
const NONE: readonly Bytes[] = []

/** What is remembered of a recipient's tries. */
type Answer = Pick<KeptAnswer, 'tries' | 'text' | 'at'>

/** The answers about one message. */
interface Answers {
  birth: number
  of: Map<Bytes, Answer>
}

const keyOf = (channel: Channel, address: Bytes): Bytes => `${channel} ${address}`

/** What qmail-send has learnt about the messages in the queue, and none of their files says. */
export class Memory {
  readonly #answers = new Map<number, Answers>()
  readonly #domains: Record<Channel, Map<number, readonly Bytes[]>> = { local: new Map(), remote: new Map() }
  /** Each domain's one string, and its one list: most messages have just one. */
  #names = new Map<Bytes, readonly [Bytes]>()
  #manyNames = MANY_NAMES

  /** A try for this recipient was put off: so many have been now. Undefined: there are too many recipients to remember it. */
  deferred(last: Omit<KeptAnswer, 'tries'>): KeptAnswer | undefined {
    const tries = (this.answer(last)?.tries ?? 0) + 1
    const answer = { ...last, tries, text: ownCopy(last.text.slice(0, MAX_ANSWER_BYTES).trimEnd()) }
    return this.restore(answer) ? answer : undefined
  }

  /** So it was with this recipient last. False: there are too many of them. */
  restore({ id, birth, channel, address, tries, text, at }: KeptAnswer): boolean {
    const known = this.#answers.get(id)
    const answers = known?.birth === birth ? known : { birth, of: new Map<Bytes, Answer>() }
    const key = keyOf(channel, address)
    if (answers.of.size >= MAX_ANSWERS && !answers.of.has(key)) return false
    answers.of.set(ownCopy(key), { tries, text, at })
    this.#answers.set(id, answers)
    return true
  }

  /** This recipient is done. */
  settled(id: number, channel: Channel, address: Bytes): void {
    this.#answers.get(id)?.of.delete(keyOf(channel, address))
  }

  answer({ id, birth, channel, address }: Pick<KeptAnswer, 'id' | 'birth' | 'channel' | 'address'>): Answer | undefined {
    const answers = this.#answers.get(id)
    return answers?.birth === birth ? answers.of.get(keyOf(channel, address)) : undefined
  }

  /** All there are. */
  *answers(): Generator<KeptAnswer> {
    for (const [id, { birth, of }] of this.#answers) {
      for (const [key, answer] of of) {
        const channel = key.startsWith('local ') ? 'local' : 'remote'
        yield { id, birth, channel, address: key.slice(channel.length + 1), ...answer }
      }
    }
  }

  /** These are the domains (nameOf) of all the recipients on a channel that are not done. */
  know(id: number, channel: Channel, domains: readonly Bytes[]): void {
    const [first] = domains
    const list = domains.length === 0 ? NONE : domains.length === 1 && first !== undefined ? this.#listOf(first) : domains
    this.#domains[channel].set(id, list)
  }

  /** A domain's one string. */
  nameOf(domain: Bytes): Bytes {
    return this.#listOf(domain)[0]
  }

  #listOf(domain: Bytes): readonly [Bytes] {
    const known = this.#names.get(domain)
    if (known !== undefined) return known
    if (this.#names.size >= this.#manyNames) this.#forgetNames()
    const list = [ownCopy(domain)] as const
    this.#names.set(list[0], list)
    return list
  }

  /** Only those are kept that a message has. */
  #forgetNames(): void {
    const kept = new Map<Bytes, readonly [Bytes]>()
    for (const lists of Object.values(this.#domains)) {
      for (const name of [...lists.values()].flat()) kept.set(name, this.#names.get(name) ?? [name])
    }
    this.#names = kept
    this.#manyNames = Math.max(MANY_NAMES, 2 * kept.size)
  }

  /** The domains of all recipients on these channels that are not done, and perhaps of some that are; undefined: not known. */
  domains(id: number, channels: readonly Channel[]): Bytes[] | undefined {
    const found = channels.map((channel) => this.#domains[channel].get(id))
    return found.includes(undefined) ? undefined : found.flatMap((domains) => domains ?? [])
  }

  /** The message has left the queue, or its number is another's. */
  forget(id: number): void {
    this.#answers.delete(id)
    for (const lists of Object.values(this.#domains)) lists.delete(id)
  }
}
