import { type Bytes, lower } from '../../core/bytes.ts'
import { Destination, type Limits, type Visit } from './destination.ts'
import { Exchangers } from './exchangers.ts'
import { limitsFor } from './limits.ts'
import type { Routes } from './routes.ts'
import type { Word } from './word.ts'

/** With more destinations, or sets of exchangers, those there is nothing to remember about are forgotten. */
const MANY = 8192

/** A relay's name, without its port. */
const RELAY = /^\[[^\]]*\]|^[^:;]*/

/** The destinations of the remote channel: a relay, where mail for a host or from a sender has one; else the host. Hosts with the same mail exchangers share more, once a delivery has told (Exchangers). */
export class Destinations {
  readonly #routes: Routes
  readonly #known = new Map<string, Destination>()
  readonly #exchangers = new Map<Bytes, Exchangers<Destination>>()
  #lines: ReadonlyMap<Bytes, Bytes>
  #count = 0
  #many = MANY

  /** `lines`: control/destinations. */
  constructor(routes: Routes, lines: ReadonlyMap<Bytes, Bytes>) {
    this.#routes = routes
    this.#lines = lines
  }

  /** Where mail for a (remote) recipient goes. */
  of(recipient: Bytes, sender: Bytes): Destination {
    const host = lower(recipient.slice(recipient.lastIndexOf('@') + 1))
    const name = this.#routes.relayFor(host, sender, Date.now()) ?? host
    const known = this.#known.get(name)
    if (known !== undefined) return known
    if (this.#known.size >= this.#many) this.#drop()
    const made = new Destination(name, ++this.#count, this.#limitsOf(name))
    this.#known.set(name, made)
    return made
  }

  /** Where all of these go; undefined: to more than one, or there are none. */
  ofAll(recipients: readonly { address: Bytes }[], sender: Bytes): Destination | undefined {
    const [first, ...others] = recipients
    const destination = first && this.of(first.address, sender)
    return others.every(({ address }) => this.of(address, sender) === destination) ? destination : undefined
  }

  /** A delivery has told by which exchangers it went (`names`), and how it was with them: `word` is reachOf its report. Returns whom else that concerns. */
  meet(destination: Destination, names: Bytes, { startedAt }: Visit, word: Word): readonly Destination[] {
    const now = Date.now()
    const exchangers = this.#exchangersOf(names)
    destination.join(exchangers, now)
    return exchangers.meet(startedAt, word, now) ? [...exchangers.members] : []
  }

  #exchangersOf(names: Bytes): Exchangers<Destination> {
    const known = this.#exchangers.get(names)
    if (known !== undefined) return known
    if (this.#exchangers.size >= MANY) for (const [name, { members }] of this.#exchangers) if (members.size === 0) this.#exchangers.delete(name)
    const made = new Exchangers<Destination>(names)
    this.#exchangers.set(names, made)
    return made
  }

  /** Limits have changed. */
  set lines(lines: ReadonlyMap<Bytes, Bytes>) {
    this.#lines = lines
    for (const destination of this.#known.values()) destination.limits = this.#limitsOf(destination.name)
  }

  /** All failures are forgotten: somebody says that hosts are there again. */
  forgive(): void {
    for (const destination of this.#known.values()) destination.forgive()
  }

  /** The clock was set back: nothing that was to wait for a time of day counts any more. */
  forget(): void {
    this.forgive()
    for (const destination of this.#known.values()) {
      destination.nextStart = 0
      destination.leaveExchangers()
    }
  }

  #limitsOf(name: string): Limits {
    return limitsFor(RELAY.exec(name)?.[0] ?? name, this.#lines)
  }

  #drop(): void {
    for (const [name, destination] of this.#known) {
      if (!destination.isForgettable) continue
      destination.leaveExchangers()
      this.#known.delete(name)
    }
    this.#many = Math.max(MANY, 2 * this.#known.size)
  }
}
