import { type Bytes, ownCopy } from '../core/bytes.ts'
import { logName } from '../log/place.ts'
import { type NotesText, packNotes, type RecipientNote } from '../queue/notes.ts'
import { type Channel, splitPath } from '../queue/paths.ts'
import { commandBytes, type Report, ReportParser, type Width } from '../queue/spawnproto.ts'
import type { Line } from './line.ts'
import type { Delivery, Job } from './message.ts'
import { Places } from './pass/places.ts'
import type { SendSettings } from './settings.ts'
import { type Claim, Shares } from './shares.ts'
import { Turns } from './turns.ts'
import { senderFor } from './verp.ts'
import { Waiting } from './waiting.ts'

/** On a delivery that demands TLS of a spawner that cannot be told. */
const UNTOLD = { letter: 'Z', text: 'REQUIRETLS cannot be passed on: qmail-rspawn cannot be told of it. (#4.7.0)\n' }

/** Those who travel together, each after the one before it. */
const companyOf = (first: Delivery): Delivery[] => {
  const all: Delivery[] = []
  for (let one: Delivery | undefined = first; one !== undefined; one = one.next) all.push(one)
  return all
}

/** What the next host is told of these recipients. */
const passedOn = ({ asked, notes }: Job, deliveries: readonly Delivery[]): NotesText | undefined => {
  const recipients = new Map<number, RecipientNote>()
  for (const [n, { at }] of deliveries.entries()) {
    const note = notes?.get(at)
    if (note !== undefined) recipients.set(n, note)
  }
  return packNotes({ items: [...(asked ?? [])], recipients })
}

/** One channel: its spawner, the deliveries it is at, and the messages that wait for it. */
export class Spawner {
  readonly channel: Channel
  /** Deliveries at a time. */
  limit: number
  /** Messages with files, by when they are due. */
  readonly waiting = new Waiting()
  /** Messages of the express lane that have come, and when (Unix seconds); oldest first. */
  readonly arrivals: { id: number; birth: number }[] = []
  /** The passes under way. */
  readonly turns = new Turns()
  /** Those of passes over files. */
  readonly places = new Places()
  /** Whose turn it was last: the express lane's, or files'. */
  isLanesTurn = false
  running = 0
  /** Those of them whose durability alone is waited for. */
  #written = 0
  /** False once the spawner has gone; what it was at is forgotten. */
  isAlive = true
  readonly #line: Line
  readonly #parser: ReportParser
  /** So many the spawner takes, those included whose durability alone is waited for. */
  readonly #most: number
  /** So many recipients of a message it takes in one delivery. */
  readonly together: number
  readonly #width: Width
  readonly #shares = new Shares()
  readonly #writtenShares = new Shares()
  #slots: (Delivery | undefined)[] = []
  /** Our own, on what may not be handed over. */
  readonly #own: Report[] = []

  constructor(channel: Channel, line: Line, { spawnLimit, spawnWidth, spawnTogether, tunable }: SendSettings) {
    this.channel = channel
    this.#line = line
    this.limit = tunable.concurrency[channel]
    this.#most = spawnLimit[channel]
    this.#width = spawnWidth[channel]
    this.together = spawnTogether[channel]
    this.#parser = new ReportParser(this.#width)
  }

  get hasRoom(): boolean {
    return this.active < this.limit && this.running < this.#most
  }

  /** Deliveries at work: what concurrencylocal and concurrencyremote limit. */
  get active(): number {
    return this.running - this.#written
  }

  /** The first of the claims that must wait until others are given back; undefined: none. */
  blocked(claims: readonly Claim[]): Claim | undefined {
    return this.#shares.blocked(claims, this.limit - this.active) ?? this.#writtenShares.blocked(claims, this.#most - this.running)
  }

  /** Is no delivery at work that counts for this? */
  isUnused(key: string): boolean {
    return this.#shares.isUnused(key)
  }

  /** Hands a delivery over, with all that travel with it, in the lowest free slot. */
  start(delivery: Delivery): void {
    const free = this.#slots.indexOf(undefined)
    const slot = free < 0 ? this.#slots.length : free
    this.#slots[slot] = delivery
    this.running++
    this.#shares.take(delivery.claims)
    this.#ask(slot, delivery)
  }

  /** The spawner needs the message as a file, and has done nothing: asks it again, in the same slot. */
  restart(slot: number): void {
    const delivery = this.#slots[slot]
    if (delivery !== undefined) this.#ask(slot, delivery)
  }

  #ask(slot: number, delivery: Delivery): void {
    const { job, recipient } = delivery
    const all = delivery.next === undefined ? [delivery] : companyOf(delivery)
    if (job.isUntold) {
      this.#own.push(...all.map(() => ({ slot, ...UNTOLD })))
      return
    }
    const others = delivery.next === undefined ? undefined : all.slice(1).map((other) => other.recipient)
    const place = job.held?.inLog
    const file = splitPath('mess', job.id).slice('mess/'.length)
    const message = place === undefined ? file : logName(file, place)
    for (const one of all) one.isFromLog = place !== undefined
    this.#line.say(
      commandBytes({ slot, message, sender: senderFor(job.sender, recipient), recipient, others, notes: job.asked && passedOn(job, all) }, this.#width)
    )
  }

  /** All of the delivery is done but for its durability: another may begin. False: there is none, or this spawner cannot know. */
  written(slot: number): boolean {
    const delivery = this.#slots[slot]
    if (delivery === undefined || !(delivery.isFromLog || this.#width === 2)) return false
    if (delivery.isWritten || delivery.next !== undefined) return true
    delivery.isWritten = true
    delivery.job.written++
    this.#written++
    this.#shares.give(delivery.claims)
    this.#writtenShares.take(delivery.claims)
    return true
  }

  /** The delivery in a slot, which stays taken. */
  peek(slot: number): Delivery | undefined {
    return this.#slots[slot]
  }

  /** The delivery in a slot goes by these exchangers. False: there is none, or this spawner cannot know. */
  goesBy(slot: number, exchangers: Bytes): boolean {
    const delivery = this.together > 1 ? this.#slots[slot] : undefined
    const last = delivery && companyOf(delivery).at(-1)
    if (last !== undefined) last.exchangers = ownCopy(exchangers)
    return last !== undefined
  }

  /** The reports that have come, those first of what was not handed over. */
  reports(): Report[] {
    const chunk = this.#line.take()
    const reports = chunk === undefined ? [] : this.#parser.push(chunk)
    return this.#own.length === 0 ? reports : [...this.#own.splice(0), ...reports]
  }

  /** The delivery a report is about; its slot is free now, or the next one's who travels with it. Undefined if there is none. */
  finish(slot: number): Delivery | undefined {
    const delivery = this.#slots[slot]
    if (delivery === undefined) return undefined
    this.#slots[slot] = delivery.next
    if (delivery.next !== undefined) return delivery
    this.running--
    if (delivery.isWritten) {
      delivery.job.written--
      this.#written--
    }
    const shares = delivery.isWritten ? this.#writtenShares : this.#shares
    shares.give(delivery.claims)
    return delivery
  }

  /** Has the connection just been lost? Then the channel is dead from now on. */
  dies(): boolean {
    if (!this.isAlive || !this.#line.isClosed) return false
    this.isAlive = false
    this.#slots = []
    this.#own.length = 0
    this.running = 0
    this.#written = 0
    this.#shares.clear()
    this.#writtenShares.clear()
    return true
  }

  flush(): void {
    this.#line.flush()
  }
}
