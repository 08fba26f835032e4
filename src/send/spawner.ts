import { logName } from '../log/place.ts'
import { type NotesText, packNotes } from '../queue/notes.ts'
import { type Channel, splitPath } from '../queue/paths.ts'
import { commandBytes, type Report, ReportParser, type Width } from '../queue/spawnproto.ts'
import type { Line } from './line.ts'
import type { Delivery, Job } from './message.ts'
import type { SendSettings } from './settings.ts'
import { type Claim, Shares } from './shares.ts'
import { Turns } from './turns.ts'
import { senderFor } from './verp.ts'
import { Waiting } from './waiting.ts'

/** What the next host is told of one recipient. */
const passedOn = ({ asked, notes }: Job, at: number): NotesText | undefined => {
  const note = notes?.get(at)
  return packNotes({ items: [...(asked ?? [])], recipients: new Map(note === undefined ? [] : [[0, note]]) })
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
  /** Passes over files that are under way, large messages' among them. */
  readonly open = { all: 0, large: 0 }
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
  readonly #width: Width
  readonly #shares = new Shares()
  readonly #writtenShares = new Shares()
  #slots: (Delivery | undefined)[] = []

  constructor(channel: Channel, line: Line, { spawnLimit, spawnWidth, tunable }: SendSettings) {
    this.channel = channel
    this.#line = line
    this.limit = tunable.concurrency[channel]
    this.#most = spawnLimit[channel]
    this.#width = spawnWidth[channel]
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

  /** Hands a delivery over, in the lowest free slot. */
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
    const { job, recipient, at } = delivery
    const place = job.held?.inLog
    const file = splitPath('mess', job.id).slice('mess/'.length)
    const message = place === undefined ? file : logName(file, place)
    delivery.isFromLog = place !== undefined
    this.#line.say(commandBytes({ slot, message, sender: senderFor(job.sender, recipient), recipient, notes: job.asked && passedOn(job, at) }, this.#width))
  }

  /** All of the delivery is done but for its durability: another may begin. */
  written(slot: number): void {
    const delivery = this.#slots[slot]
    if (delivery === undefined || delivery.isWritten) return
    delivery.isWritten = true
    this.#written++
    this.#shares.give(delivery.claims)
    this.#writtenShares.take(delivery.claims)
  }

  /** The delivery in a slot, which stays taken. */
  peek(slot: number): Delivery | undefined {
    return this.#slots[slot]
  }

  /** The reports that have come. */
  reports(): Report[] {
    const chunk = this.#line.take()
    return chunk === undefined ? [] : this.#parser.push(chunk)
  }

  /** The delivery a report is about, its slot now free; undefined if there is none. */
  finish(slot: number): Delivery | undefined {
    const delivery = this.#slots[slot]
    if (delivery === undefined) return undefined
    this.#slots[slot] = undefined
    this.running--
    if (delivery.isWritten) this.#written--
    const shares = delivery.isWritten ? this.#writtenShares : this.#shares
    shares.give(delivery.claims)
    return delivery
  }

  /** Has the connection just been lost? Then the channel is dead from now on. */
  dies(): boolean {
    if (!this.isAlive || !this.#line.isClosed) return false
    this.isAlive = false
    this.#slots = []
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
