import { type Bytes, lower } from '../core/bytes.ts'
import { glob } from '../format/glob.ts'
import type { ListedMessage, Selection } from './ctl-wire.ts'

/** Does nothing narrow it down? */
export const isEverything = (selection: Selection): boolean => Object.values(selection).every((value) => value === undefined)

const pattern = (text: Bytes | undefined): ((value: Bytes) => boolean) => {
  if (text === undefined) return () => true
  const matches = glob(lower(text))
  return (value) => matches(lower(value))
}

/** The domain of an address: what follows the last `@`, in lower case; empty without one. */
export const domainOf = (address: Bytes): Bytes => {
  const at = address.lastIndexOf('@')
  return at < 0 ? '' : lower(address.slice(at + 1))
}

/** A test for messages. What only their files or their state tell is looked at last. */
export class Matcher {
  readonly #selection: Selection
  readonly #ids: ReadonlySet<number> | undefined
  readonly #sender: (value: Bytes) => boolean
  readonly #recipient: (value: Bytes) => boolean
  readonly #domain: (value: Bytes) => boolean

  constructor(selection: Selection) {
    this.#selection = selection
    this.#ids = selection.ids && new Set(selection.ids)
    this.#sender = pattern(selection.sender)
    this.#recipient = pattern(selection.recipient)
    this.#domain = pattern(selection.domain)
  }

  /** The numbers it is about, if they are named. */
  get ids(): number[] | undefined {
    return this.#ids && [...this.#ids]
  }

  /** May it match, as far as the number tells, and the domains of all its recipients that are not done (undefined: not known)? */
  mayMatch(id: number, domains?: Iterable<Bytes>): boolean {
    if (this.#ids && !this.#ids.has(id)) return false
    if (domains === undefined || this.#selection.domain === undefined) return true
    for (const domain of domains) if (this.#domain(domain)) return true
    return false
  }

  /** Does it match? `now` in Unix seconds. */
  matches(message: ListedMessage, now: number): boolean {
    const { olderThan, youngerThan, state, recipient, domain } = this.#selection
    const age = now - message.entered
    if (this.#ids && !this.#ids.has(message.id)) return false
    if (olderThan !== undefined && age < olderThan) return false
    if (youngerThan !== undefined && age > youngerThan) return false
    if (state !== undefined && message.state !== state) return false
    if (!this.#sender(message.sender)) return false
    if (recipient === undefined && domain === undefined) return true
    return message.recipients.some(({ isDone, address }) => !isDone && this.#recipient(address) && this.#domain(domainOf(address)))
  }
}
