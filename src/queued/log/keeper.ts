import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { errorCode, reason } from '../../core/failure.ts'
import { replay, type Undone } from '../../log/replay.ts'
import type { ToSend } from '../../log/wire.ts'
import type { GroupCommit } from '../group-commit.ts'
import type { LogMessage } from './batch.ts'
import { CommitLog, type Entry } from './commit-log.ts'
import { Numbers } from './numbers.ts'
import { Segments } from './segments.ts'
import { SendLink } from './send-link.ts'
import { Spiller } from './spill.ts'

const AGAIN_MILLISECONDS = 10_000
/** At the end, what cannot be written as files stays in the log after so many attempts; the next start tries again. */
const LAST_ATTEMPTS = 2

/** What a LogKeeper needs. */
export interface KeeperOptions {
  /** The queue's folder with a slash at its end. */
  root: string
  group: GroupCommit
  /** The longest message the log takes; 0: it is not used. */
  maxBytes: number
  log: (line: string) => void
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

/**
 * Keeps the commit log (docs/internals.md): what an earlier run left in it becomes files; then messages go through it as long as the suite's own
 * qmail-send is there to take them; and whenever it is not, or at the end, all that is in it becomes files.
 */
export class LogKeeper {
  readonly #options: KeeperOptions
  readonly #spiller: Spiller
  readonly #numbers: Numbers
  readonly #spilling = new Map<number, Promise<number | undefined>>()
  #segments: Segments | undefined
  #commits: CommitLog | undefined
  #link: SendLink | undefined
  #left: Undone[] = []
  #lastEpoch = 0
  #isReplayed = false
  #isUsed = false
  #isStopping = false

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#spiller = new Spiller(options.root, options.group, options.log)
    this.#numbers = new Numbers(options.root, options.log)
  }

  /** The longest message the log takes. */
  get maxBytes(): number {
    return this.#options.maxBytes
  }

  /** Would it take a message now? */
  get isOpen(): boolean {
    return this.#link !== undefined && !this.#isStopping && this.#commits?.isOpen === true
  }

  /** Is there nothing left in it that an earlier run has left? */
  get isEmpty(): boolean {
    return this.#isReplayed
  }

  /** Brings what an earlier run left in the log into the queue. Never fails: without the log messages go file by file. */
  async start(): Promise<void> {
    try {
      this.#read()
      await this.#finish()
    } catch (error) {
      this.#options.log(`warning: unable to read queue/log: ${reason(error)}; messages go file by file`)
    }
  }

  /** A number for a message that shall go through the log; undefined: it shall not. To be followed by append or giveBack. */
  take(): number | undefined {
    return this.isOpen ? this.#numbers.take() : undefined
  }

  giveBack(number: number): void {
    this.#numbers.give(number)
  }

  /** Resolves with true when the message is durable, with false when there is no room. Rejects with QueueTrouble; its number is free then too. */
  async append(message: LogMessage): Promise<boolean> {
    try {
      const entry = await this.#commits?.append(message)
      if (entry === undefined) this.#numbers.give(message.number)
      return entry !== undefined
    } catch (error) {
      this.#numbers.give(message.number)
      throw error
    }
  }

  /** The suite's own qmail-send is there. There is only one. */
  connect(socket: Socket): void {
    if (this.#link !== undefined || this.#isStopping) {
      socket.destroy()
      return
    }
    if (this.#isReplayed && this.#options.maxBytes > 0) void this.#open()
    const link = new SendLink(socket, {
      done: (number) => this.#commits?.done(number),
      spill: (number) => void this.#spillFor(link, number),
      lost: () => {
        this.#link = undefined
        if (!this.#isStopping) void this.#spillAll()
      }
    })
    this.#link = link
    link.send([{ kind: 'ready' }])
  }

  /** Has qmail-send let go, and makes files of all that is left. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#link?.send([{ kind: 'closing' }])
    await this.#link?.closed
    for (let attempt = 1; attempt <= LAST_ATTEMPTS && this.#commits && this.#commits.undone.length > 0; attempt++) await this.#spillOnce()
    await this.#close()
  }

  #read(): void {
    const folder = `${this.#options.root}log`
    try {
      mkdirSync(folder, { mode: 0o750 })
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
    }
    const names = readdirSync(folder).filter((name) => /^[0-9]$/.test(name))
    const { undone, lastEpoch, damage, torn } = replay(new Map(names.map((name) => [name, readFileSync(`${folder}/${name}`)])))
    for (const what of damage) this.#options.log(`warning: damage in the commit log: ${what}; what was there may be lost`)
    for (const name of torn) this.#options.log(`${name} ends in a batch that was cut short, and never acknowledged`)
    if (undone.length > 0) this.#options.log(`writing ${undone.length} messages of the commit log into the queue`)
    this.#left = undone
    this.#lastEpoch = lastEpoch
  }

  async #replay(): Promise<void> {
    const left = await Promise.all(this.#left.map(async (undone) => ((await this.#spiller.spill(undone.number, () => undone)) === undefined ? [undone] : [])))
    this.#left = left.flat()
  }

  /** Makes files of what was left, as often as it takes; the log then says, durably, that nothing of it is left. */
  async #finish(): Promise<void> {
    if (this.#isStopping) return
    const isNews = this.#left.length > 0
    await this.#replay()
    this.#isReplayed = this.#left.length === 0 && (!isNews || (await this.#begin()))
    if (!this.#isReplayed) setTimeout(() => void this.#finish(), AGAIN_MILLISECONDS).unref()
    else if (this.#link && this.#options.maxBytes > 0) await this.#open()
  }

  /** The log is to be used. */
  async #open(): Promise<void> {
    if (this.#isUsed || (this.#commits === undefined && !(await this.#begin()))) return
    this.#isUsed = true
    await this.#numbers.start().catch((error: unknown) => this.#options.log(`warning: unable to make numbers in queue/pid: ${reason(error)}`))
  }

  /** Begins an epoch, which says, durably, that all before it are done. False, with a warning, if that cannot be. */
  async #begin(): Promise<boolean> {
    try {
      await this.#beginEpoch()
      return true
    } catch (error) {
      this.#options.log(`warning: unable to open queue/log: ${reason(error)}; messages go file by file`)
      return false
    }
  }

  async #beginEpoch(): Promise<void> {
    const segments = new Segments(`${this.#options.root}log`)
    const commits = new CommitLog({
      segments,
      numbers: this.#numbers,
      lastEpoch: this.#lastEpoch,
      committed: (entries) => this.#link?.send(entries.map(newFrame)),
      log: this.#options.log
    })
    this.#segments = segments
    await commits.start()
    this.#commits = commits
  }

  async #close(): Promise<void> {
    const commits = this.#commits
    this.#commits = undefined
    await commits?.end()
    if (commits?.undone.length === 0) this.#numbers.end()
    this.#segments?.close()
  }

  async #spillFor(link: SendLink, number: number): Promise<void> {
    const now = await this.#spill(number)
    const kind = now === undefined ? 'unspilled' : now === number ? 'spilled' : 'moved'
    link.send([{ kind, number }])
  }

  /** Into the queue, out of the log; resolves with its number when both are on the disk, undefined: it stays. */
  #spill(number: number): Promise<number | undefined> {
    const running = this.#spilling.get(number)
    if (running !== undefined) return running
    const spilling = this.#spillNow(number).finally(() => this.#spilling.delete(number))
    this.#spilling.set(number, spilling)
    return spilling
  }

  async #spillNow(number: number): Promise<number | undefined> {
    const commits = this.#commits
    if (commits === undefined) return undefined
    const now = await this.#spiller.spill(number, () => commits.read(number))
    if (now === undefined) return undefined
    this.#numbers.leave(number)
    await commits.settle(number)
    return now
  }

  async #spillOnce(): Promise<void> {
    await Promise.all(this.#commits?.undone.map(({ number }) => this.#spill(number)) ?? [])
  }

  /** Without qmail-send the log is nobody's: all of it becomes files, however long that takes. */
  async #spillAll(): Promise<void> {
    while (this.#link === undefined && this.#commits && this.#commits.undone.length > 0 && !this.#isStopping) {
      await this.#spillOnce()
      if (this.#commits && this.#commits.undone.length > 0) await pause(AGAIN_MILLISECONDS)
    }
  }
}

const newFrame = ({ number, place, envelope, messageBytes }: Entry): ToSend => ({
  kind: 'new',
  number,
  place,
  bytes: messageBytes,
  envelope: envelope.toString('latin1')
})
