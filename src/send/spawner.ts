import { type Channel, splitPath } from '../queue/paths.ts'
import { commandBytes, type Report, ReportParser } from '../queue/spawnproto.ts'
import { DueList } from './due-list.ts'
import type { Line } from './line.ts'
import type { Delivery, Job } from './message.ts'
import type { Records, UndoneRecipient } from './records.ts'
import { senderFor } from './verp.ts'

/** The pass a channel is at. */
export interface Pass {
  job: Job
  records: Records
  /** Read already, waiting for a free slot. */
  next: UndoneRecipient | undefined
}

/** One channel: its spawner, the deliveries it is at, and the messages that wait for it. */
export class Spawner {
  readonly channel: Channel
  /** Deliveries at a time. */
  readonly limit: number
  readonly waiting = new DueList()
  pass: Pass | undefined
  running = 0
  /** False once the spawner has gone; what it was at is forgotten. */
  isAlive = true
  readonly #line: Line
  readonly #parser = new ReportParser()
  #slots: (Delivery | undefined)[] = []

  constructor(channel: Channel, line: Line, limit: number) {
    this.channel = channel
    this.#line = line
    this.limit = limit
  }

  get hasRoom(): boolean {
    return this.running < this.limit
  }

  /** Hands a delivery over, in the lowest free slot. */
  start(delivery: Delivery): void {
    const free = this.#slots.indexOf(undefined)
    const slot = free < 0 ? this.#slots.length : free
    this.#slots[slot] = delivery
    this.running++
    const { job, recipient } = delivery
    const message = splitPath('mess', job.id).slice('mess/'.length)
    this.#line.say(commandBytes({ slot, message, sender: senderFor(job.sender, recipient), recipient }))
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
    return delivery
  }

  /** Has the connection just been lost? Then the channel is dead from now on. */
  dies(): boolean {
    if (!this.isAlive || !this.#line.isClosed) return false
    this.isAlive = false
    this.#slots = []
    this.running = 0
    return true
  }

  flush(): void {
    this.#line.flush()
  }
}
