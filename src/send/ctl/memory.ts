import { type Bytes, ownCopy } from '../../core/bytes.ts'
import type { KeptAnswer } from '../../queue/answers.ts'
import type { Channel } from '../../queue/paths.ts'

/** So much of an answer is remembered. */
const MAX_ANSWER_BYTES = 300
/** For so many recipients of a message. */
const MAX_ANSWERS = 1000

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
  readonly #domains = new Map<number, Partial<Record<Channel, readonly Bytes[]>>>()
  /** Each domain's one string. */
  readonly #names = new Map<Bytes, Bytes>()

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
