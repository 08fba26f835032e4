import type { Bytes } from '../../core/bytes.ts'
import { CHANNELS, type Channel } from '../../queue/paths.ts'
import { domainOf } from '../../queue/selection.ts'
import type { Log } from '../log.ts'
import type { Delivery, Job, Message } from '../message.ts'
import { AnswersFile } from './answers.ts'
import { Holds } from './holds.ts'
import { Memory } from './memory.ts'

/** What an administrator has decided about a message that still has deliveries running. */
export type Doom = 'delete' | 'bounce'

/**
 * What qmail-qctl needs to know of qmail-send's work, and what its orders come to. The rest of qmail-send calls these few methods where a message
 * passes by; the orders themselves are carried out in the files beside this one.
 */
export class Control {
  readonly holds = new Holds()
  readonly memory = new Memory()
  readonly answers: AnswersFile
  /** Messages that are to go when their running deliveries have ended. */
  readonly doomed = new Map<number, Doom>()
  /** Messages of which it may be unknown whom they are for: what was there at the start, and passes that came to no end. */
  readonly unread: number[] = []
  readonly #jobs = new Map<number, Job[]>()
  readonly #domains = new Map<Job, Set<Bytes>>()

  constructor(log: Log) {
    this.answers = new AnswersFile(log)
  }

  /** Remembers the last answers kept before about messages that are there. */
  recall(isThere: (id: number, channel: Channel) => boolean): void {
    for (const answer of this.answers.load()) if (isThere(answer.id, answer.channel)) this.memory.restore(answer)
  }

  /** The passes over a message that are not over, or have deliveries running. */
  jobs(id: number): readonly Job[] {
    return this.#jobs.get(id) ?? []
  }

  /** A message is due on a channel. True: it is held, and no pass begins. */
  keeps(id: number, channel: Channel, due: number): boolean {
    if (!this.holds.has(id)) return false
    this.holds.park(id, channel, due)
    return true
  }

  /** Is a pass to end here? One in the express lane has no files yet, and goes on. */
  interrupts({ id, held }: Job): boolean {
    return held?.stage !== 'express' && (this.holds.has(id) || this.doomed.has(id))
  }

  /** A message gets its files: these are its recipients. */
  sorted({ id, recipients }: Message): void {
    for (const channel of CHANNELS) {
      const left = recipients[channel].filter(({ isDone }) => !isDone)
      this.memory.know(id, channel, [...new Set(left.map(({ address }) => this.memory.nameOf(domainOf(address))))])
    }
  }

  /** A pass begins. */
  opened(job: Job): void {
    this.#jobs.set(job.id, [...this.jobs(job.id), job])
    this.#domains.set(job, new Set())
  }

  /** A delivery begins. */
  started(job: Job, address: Bytes): void {
    this.#domains.get(job)?.add(this.memory.nameOf(domainOf(address)))
  }

  /** What a report says about a recipient. `now` in Unix seconds. */
  reported({ job, recipient }: Delivery, letter: Bytes, text: Bytes, now: number): void {
    if (job.held?.isForgotten) return
    const { id, birth, channel } = job
    if (letter === 'K' || letter === 'D') {
      this.memory.settled(id, channel, recipient)
      return
    }
    const answer = this.memory.deferred({ id, birth, channel, address: recipient, text, at: now })
    if (answer !== undefined) this.answers.note(answer)
  }

  /**
   * A pass and its deliveries have ended. `kept`: an administrator has decided what becomes of its message, and it goes on no list; `settle`: the same,
   * and it was the last one: the time to carry that out.
   */
  closed(job: Job): 'kept' | 'settle' | undefined {
    const { id, channel, isComplete, undone } = job
    const left = this.jobs(id).filter((other) => other !== job)
    if (left.length > 0) this.#jobs.set(id, left)
    else this.#jobs.delete(id)
    if (isComplete && undone > 0 && !job.held?.isForgotten) this.memory.know(id, channel, [...(this.#domains.get(job) ?? [])])
    else if (!isComplete) this.unread.push(id)
    this.#domains.delete(job)
    if (job.held?.stage === 'express') return undefined
    if (this.doomed.has(id)) return left.length === 0 ? 'settle' : 'kept'
    const isAllDone = isComplete && undone === 0
    return !isAllDone && this.keeps(id, channel, job.retry) ? 'kept' : undefined
  }

  /** The message has left the queue. */
  forget(id: number): void {
    this.holds.forget(id)
    this.memory.forget(id)
    this.doomed.delete(id)
  }
}
