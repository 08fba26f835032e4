import { fdatasync, readSync, writev } from 'node:fs'
import { reason } from '../../core/failure.ts'
import { HEADER_BYTES, PAGE_BYTES, pageAt } from '../../log/format.ts'
import type { Place } from '../../log/place.ts'
import { QueueExit } from '../../queue/codes.ts'
import { QueueTrouble } from '../../queue/queue-file.ts'
import { Batch, doneBytes, type LogMessage, recordBytes } from './batch.ts'
import type { Numbers } from './numbers.ts'
import { SEGMENT_BYTES, type SegmentFile, type Segments } from './segments.ts'

/** Kept free at the end of each segment for `done` records: they must always find room. */
const RESERVE_BYTES = 1 << 20
const MAX_BATCH_BYTES = 4 << 20
/** `done` records wait so long for a batch to ride on. */
const DONE_MILLISECONDS = 20
/** After a failure the log is left alone for so long. */
const SUSPEND_MILLISECONDS = 30_000
/** What could not be noted is tried again then. */
const AGAIN_MILLISECONDS = 1000

/** A message that is in the log and not done. */
export interface Entry {
  number: number
  place: Place
  envelope: Buffer
  messageBytes: number
}

interface Waiting extends LogMessage {
  resolve: (entry: Entry | undefined) => void
  reject: (error: Error) => void
}

interface Settled {
  number: number
  resolve: (() => void) | undefined
}

type LogBatch = Batch<Waiting, Settled>

/** Does anybody wait for this to be durable? */
const isAwaited = ({ messages, dones }: LogBatch): boolean => messages.length > 0 || dones.some(({ resolve }) => resolve !== undefined)

const writeAt = (fd: number, pieces: readonly Buffer[], bytes: number, at: number): Promise<void> =>
  new Promise((resolve, reject) => {
    writev(fd, pieces, at, (error, wrote) => {
      if (error) reject(error)
      else if (wrote !== bytes) reject(new Error('short write'))
      else resolve()
    })
  })

const syncData = (fd: number): Promise<void> => new Promise((resolve, reject) => fdatasync(fd, (error) => (error ? reject(error) : resolve())))

/** Is there room for so many bytes more, with so many left over at the end? The first page, with the head, counts too. */
const fits = ({ at, ready }: SegmentFile, bytes: number, reserve: number): boolean =>
  pageAt(at + PAGE_BYTES + bytes) <= Math.min(ready, SEGMENT_BYTES - reserve)

/** What a CommitLog needs. */
export interface CommitLogOptions {
  segments: Segments
  numbers: Numbers
  /** The last epoch used so far. */
  lastEpoch: number
  /** Messages that have become durable, all of a batch at once, before their senders hear of it. */
  committed: (entries: Entry[]) => void
  log: (line: string) => void
}

/**
 * The commit log's writer (docs/internals.md): one write and one fdatasync make all messages durable that came during the one before. What is
 * done is noted in passing, not synced: after a crash it may be delivered again, as a mark of qmail's may be lost.
 */
export class CommitLog {
  readonly #options: CommitLogOptions
  #epoch: number
  #file: SegmentFile | undefined
  #waiting: Waiting[] = []
  #settled: Settled[] = []
  readonly #entries = new Map<number, { entry: Entry; file: SegmentFile }>()
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #suspendedUntil = 0

  constructor(options: CommitLogOptions) {
    this.#options = options
    this.#epoch = options.lastEpoch
  }

  /** Says, durably, that all earlier epochs are done with, and is ready then. Rejects with system errors. */
  async start(): Promise<void> {
    const { segments } = this.#options
    await segments.prepare()
    if (!this.#begin()) throw new Error('no segment')
    const batch = this.#newBatch()
    if (batch === undefined || !(await this.#write(batch, true))) throw new Error('unable to begin the log')
  }

  /** Messages that are not done, oldest first. */
  get undone(): Entry[] {
    return [...this.#entries.values()].map(({ entry }) => entry)
  }

  /** Could a message be taken just now? */
  get isOpen(): boolean {
    return this.#file !== undefined && Date.now() >= this.#suspendedUntil
  }

  /** Resolves when the message is durable; with undefined when there is no room for it. Rejects with QueueTrouble. */
  append(message: LogMessage): Promise<Entry | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...message, resolve, reject })
      this.#go()
    })
  }

  /** A message is delivered to all: its number may be used again. */
  done(number: number): void {
    if (!this.#drop(number, undefined)) return
    this.#options.numbers.give(number)
    if (this.#running) return
    this.#timer ??= setTimeout(() => this.#go(), DONE_MILLISECONDS)
  }

  /** A message is elsewhere now, durably: resolves when the log says so, durably. */
  settle(number: number): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#drop(number, resolve)) resolve()
      else this.#go()
    })
  }

  /** A message's bytes, as in todo/ and as in mess/. Throws system errors, Error when they are not there. */
  read(number: number): { envelope: Buffer; message: Buffer } {
    const found = this.#entries.get(number)
    if (found === undefined) throw new Error('no such message in the log')
    const { entry, file } = found
    const record = Buffer.allocUnsafeSlow(entry.place.bytes)
    if (readSync(file.fd, record, 0, record.length, entry.place.at) !== record.length) throw new Error('the log is cut short')
    return { envelope: entry.envelope, message: record.subarray(HEADER_BYTES + entry.envelope.length) }
  }

  /** Writes what is known to be done, durably. */
  async end(): Promise<void> {
    clearTimeout(this.#timer)
    while (this.#running) await this.#running
    clearTimeout(this.#timer)
    const batch = this.#newBatch()
    if (batch) await this.#write(batch, true)
  }

  #drop(number: number, resolve: (() => void) | undefined): boolean {
    const found = this.#entries.get(number)
    if (found === undefined) return false
    this.#entries.delete(number)
    found.file.undone--
    this.#settled.push({ number, resolve })
    return true
  }

  #go(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running ??= this.#run().then((isWritten) => {
      this.#running = undefined
      if (this.#waiting.length > 0 || (isWritten && this.#wantsDurable)) this.#go()
      else if (this.#settled.length > 0) this.#timer ??= setTimeout(() => this.#go(), isWritten ? DONE_MILLISECONDS : AGAIN_MILLISECONDS)
    })
  }

  get #wantsDurable(): boolean {
    return this.#settled.some(({ resolve }) => resolve !== undefined)
  }

  /** False: nothing could be written. */
  async #run(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve)) // whoever comes in this turn takes part
    const batch = this.#gather()
    const isWritten = batch !== undefined && (await this.#write(batch, isAwaited(batch)))
    const file = batch?.file ?? this.#file
    if (file) void this.#options.segments.ahead(file)
    return isWritten
  }

  /** The next epoch, in a fresh segment. False: there is none. */
  #begin(): boolean {
    const file = this.#options.segments.begin(this.#epoch + 1)
    if (file === undefined) return false
    this.#epoch++
    this.#file = file
    return true
  }

  /**
   * A batch with all that is settled; undefined: there is nowhere to write. Always all of it, and before any message: a number's next message
   * must not come before the word that its last one is done. A segment that failed is written to again only if there is no other: a gap in it looks like damage.
   */
  #newBatch(): LogBatch | undefined {
    const bytes = doneBytes(this.#settled.length)
    if (!this.#file || this.#file.isSpoilt || !fits(this.#file, bytes, 0)) this.#begin()
    const file = this.#file
    if (!file || !fits(file, bytes, 0)) return undefined
    const batch = new Batch<Waiting, Settled>(file, this.#options.segments.oldestUndone ?? file.epoch, this.#settled)
    this.#settled = []
    return batch
  }

  #gather(): LogBatch | undefined {
    const first = this.#waiting[0]
    // if there is no next segment, it finds no room below
    if (first && this.#file && this.#file.at + recordBytes(first) > SEGMENT_BYTES - RESERVE_BYTES) this.#begin()
    const batch = this.#newBatch()
    const left = this.#waiting
    this.#waiting = []
    for (const waiting of left) {
      if (batch && batch.bytes >= MAX_BATCH_BYTES) this.#waiting.push(waiting)
      else if (batch && fits(batch.file, batch.bytes + recordBytes(waiting), RESERVE_BYTES)) batch.add(waiting)
      else if (batch && batch.messages.length > 0)
        this.#waiting.push(waiting) // perhaps in the next segment
      else waiting.resolve(undefined)
    }
    return batch && batch.bytes > 0 ? batch : undefined
  }

  /** False: it failed, and everybody concerned has been told. */
  async #write(batch: LogBatch, isDurable: boolean): Promise<boolean> {
    const { file, pieces, bytes, at } = batch
    try {
      if (bytes > 0) await writeAt(file.fd, pieces, bytes, at)
      if (isDurable) await syncData(file.fd)
    } catch (error) {
      this.#fail(batch, error)
      return false
    }
    file.at = pageAt(at + bytes)
    this.#commit(batch)
    for (const { resolve } of batch.dones) resolve?.()
    return true
  }

  #commit({ file, messages }: LogBatch): void {
    const entries = messages.map(({ waiting: { number, envelope, messageBytes }, at, bytes }): Entry => {
      const entry = { number, place: { segment: file.index, at, bytes }, envelope, messageBytes }
      this.#entries.set(number, { entry, file })
      file.undone++
      return entry
    })
    if (entries.length > 0) this.#options.committed(entries)
    for (const [i, { waiting }] of messages.entries()) waiting.resolve(entries[i])
  }

  /** Nobody is acknowledged; what may have come to the disk all the same is noted as done where it can be; and this segment is written to no more, if there is another. */
  #fail({ file, messages, dones, at, bytes }: LogBatch, error: unknown): void {
    file.isSpoilt = true
    if (at > 0) file.at = pageAt(at + bytes)
    else this.#options.segments.forget(file) // not even its head is there
    this.#suspendedUntil = Date.now() + SUSPEND_MILLISECONDS
    this.#options.log(`warning: unable to write queue/log/${file.index}: ${reason(error)}; messages go file by file`)
    for (const { waiting } of messages) {
      this.#settled.push({ number: waiting.number, resolve: undefined })
      waiting.reject(new QueueTrouble(QueueExit.writeError, error))
    }
    this.#settled.unshift(...dones)
  }
}
