import { constants, fstatSync, openSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { errorCode, reason } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { type Place, parseLogName } from '../log/place.ts'
import { closeQuietly } from '../os/close.ts'
import { feedFrom } from '../os/feed.ts'
import { collectAtLeisure } from '../os/leisure.ts'
import type { NotesText } from '../queue/notes.ts'
import { SPAWN_LIMIT, WIDE_LIMIT } from '../queue/paths.ts'
import { type Command, CommandParser, EXCHANGERS, limitBytes, reportBytes, type Width, WRITTEN } from '../queue/spawnproto.ts'

/** A message that stands in the commit log, by its number. */
export interface Logged {
  number: number
  place: Place
}

/**
 * A checked command. `fd` is the message, open for reading at its start; the spawner closes it when the delivery has ended. For a message in the
 * commit log it is -1, and `logged` says where it is: what cannot deliver it from there reports NEEDS_FILE.
 */
export interface Job {
  slot: number
  message: Bytes
  sender: Bytes
  recipient: Bytes
  /** Recipients at the same host in the same delivery; undefined: none. */
  others?: readonly Bytes[] | undefined
  /** What the sender asked for about them; undefined: nothing. */
  notes?: NotesText | undefined
  /** The recipient before and after its last `@`. */
  box: Bytes
  host: Bytes
  fd: number
  logged: Logged | undefined
  /** To be called when all is done but for making it durable. Told to a qmail-send that gave a place in its commit log, or knows of two bytes. */
  written: () => void
  /** To be called when it is known by which mail exchangers it goes. */
  goesBy: (exchangers: Bytes) => void
}

/** How deliveries to several recipients are done. */
export interface Together {
  /** So many recipients at the most. */
  most: number
  /**
   * Does one. Its result are the reports that are still to be written, in order; a failure, before any is, is reported as temporary, of all. `alone` delivers
   * to one recipient, with these notes, and has its report; `say` writes a report at once.
   */
  deliver: (job: Job, alone: (recipient: Bytes, notes: NotesText | undefined) => Promise<Bytes>, say: (report: Bytes) => void) => Promise<readonly Bytes[]>
}

export interface SpawnerOptions {
  /** The folder message names are below: HOME/queue/mess. */
  mess: string
  /** Who must own a message: qmailq's uid. */
  owner: number
  /** Does one delivery. Its result is letter and text of the report, cut at the first NUL; a failure is reported as temporary. */
  deliver: (job: Job) => Promise<Bytes>
  /** Several recipients in one delivery; only where qmail-send knows of two bytes. */
  together?: Together | undefined
  /** Two where qmail-send knows of it: more deliveries at a time then. */
  width?: Width
  /** Where commands are read and reports are written. */
  commandFd?: number
  reportFd?: number
}

/** The longest message name, with its NUL (spec queue.md 7.1). */
const MAX_NAME_BYTES = 100

/** All recipients of a command, in order. */
export const recipientsOf = ({ recipient, others }: Pick<Command, 'recipient' | 'others'>): readonly Bytes[] =>
  others === undefined ? [recipient] : [recipient, ...others]

/** What is wrong with a command before the message is looked at; undefined: nothing. In the order of spec queue.md 7.1. */
const complaint = (command: Command, limit: number, isInUse: boolean): Bytes | undefined => {
  const { slot, message } = command
  if (command.isTooLong) return 'Zqmail spawner: the command is too long. (#4.3.0)\n'
  if (slot >= limit) return 'Zqmail spawner: delivery number out of range. (#4.3.5)\n'
  if (isInUse) return 'Zqmail spawner: delivery number already in use. (#4.3.5)\n'
  if (!/^[0-9][0-9/]*$/.test(message) || message.length >= MAX_NAME_BYTES) return 'Dqmail spawner: bad message name. (#5.3.5)\n'
  if (!recipientsOf(command).every((recipient) => recipient.includes('@'))) return 'DSorry, address must include host name. (#5.1.3)\n'
  return undefined
}

const unstarted = (error: unknown): Bytes => `Zqmail spawner: unable to start the delivery: ${reason(error)}. (#4.3.0)\n`

const limitOf = (width: Width): number => (width === 1 ? SPAWN_LIMIT : WIDE_LIMIT)

/** Opens a message without waiting. Returns its descriptor, or the report that says why not. */
const openMessage = (path: string, owner: number): number | Bytes => {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const status = fstatSync(fd)
    if (status.isFile() && status.uid === owner) return fd
    closeQuietly(fd)
    return 'Zqmail spawner: the message is not a regular file of qmailq. (#4.3.5)\n'
  } catch (error) {
    if (fd !== undefined) closeQuietly(fd)
    return `Zqmail spawner: unable to open the message: ${reason(error)}. (#4.3.0)\n`
  }
}

/** What qmail-lspawn and qmail-rspawn share (spec queue.md 7.1): checks commands, keeps the slots, writes reports whole, in completion order, one write a turn. */
export class Spawner {
  readonly #options: SpawnerOptions
  readonly #width: Width
  readonly #parser: CommandParser
  readonly #busy = new Set<number>()
  #reports: Bytes = ''
  #isReaderGone = false
  #whenIdle: (() => void) | undefined

  constructor(options: SpawnerOptions) {
    this.#options = options
    this.#width = options.width ?? 1
    this.#parser = new CommandParser(this.#width)
  }

  /** Takes bytes of the command stream and starts what they ask for. */
  feed(chunk: Buffer): void {
    for (const command of this.#parser.push(chunk)) this.#start(command)
  }

  /** Waits until every delivery has ended and every report is written. */
  async drain(): Promise<void> {
    if (this.#busy.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
      })
    }
    this.#flush()
  }

  #start(command: Command): void {
    const { slot, message } = command
    const bad = complaint(command, limitOf(this.#width), this.#busy.has(slot))
    const logged = parseLogName(message)
    const fd = bad ?? (logged ? -1 : this.#open(message))
    if (typeof fd === 'string') {
      for (const _ of recipientsOf(command)) this.#report(slot, fd)
      return
    }
    this.#busy.add(slot)
    void this.#run(this.#jobOf(command, logged, fd))
  }

  #open(message: Bytes): number | Bytes {
    return openMessage(`${this.#options.mess}/${message}`, this.#options.owner)
  }

  #jobOf({ slot, message, sender, recipient, others, notes }: Omit<Command, 'isTooLong'>, logged: Logged | undefined, fd: number): Job {
    const at = recipient.lastIndexOf('@')
    const written = (): void => {
      if ((logged || this.#width === 2) && this.#busy.has(slot)) this.#report(slot, WRITTEN)
    }
    const goesBy = (exchangers: Bytes): void => {
      if (this.#options.together !== undefined) this.#report(slot, EXCHANGERS + exchangers)
    }
    return { slot, message, sender, recipient, others, notes, box: recipient.slice(0, at), host: recipient.slice(at + 1), fd, logged, written, goesBy }
  }

  async #run(job: Job): Promise<void> {
    const reports = job.others === undefined ? [await this.#deliver(job)] : await this.#deliverTogether(job)
    this.#busy.delete(job.slot)
    for (const report of reports) this.#report(job.slot, report)
    if (this.#busy.size === 0) this.#whenIdle?.()
  }

  async #deliver(job: Job): Promise<Bytes> {
    try {
      return await this.#options.deliver(job)
    } catch (error) {
      return unstarted(error)
    } finally {
      if (job.fd >= 0) closeQuietly(job.fd)
    }
  }

  async #deliverTogether(job: Job): Promise<readonly Bytes[]> {
    const { slot, message, sender, logged } = job
    const alone = async (recipient: Bytes, notes: NotesText | undefined): Promise<Bytes> => {
      const fd = logged ? -1 : this.#open(message)
      return typeof fd === 'string' ? fd : this.#deliver(this.#jobOf({ slot, message, sender, recipient, notes }, logged, fd))
    }
    try {
      if (this.#options.together === undefined) throw new Error('several recipients')
      return await this.#options.together.deliver(job, alone, (report) => this.#report(slot, report))
    } catch (error) {
      return recipientsOf(job).map(() => unstarted(error))
    } finally {
      if (job.fd >= 0) closeQuietly(job.fd)
    }
  }

  #report(slot: number, report: Bytes): void {
    if (this.#reports === '') setImmediate(() => this.#flush())
    this.#reports += reportBytes(slot, report, this.#width)
  }

  #flush(): void {
    const data = this.#reports
    this.#reports = ''
    if (data === '' || this.#isReaderGone) return
    try {
      writeFd(this.#options.reportFd ?? 1, data)
    } catch {
      // nobody hears reports any more; running deliveries still come to their end (spec queue.md 7.1)
      this.#isReaderGone = true
    }
  }
}

/** Serves a spawner's command stream to its end. Says the limit first, and returns when all reports are out. */
export const serveSpawner = async (options: SpawnerOptions): Promise<void> => {
  collectAtLeisure()
  try {
    const width = options.width ?? 1
    writeFd(options.reportFd ?? 1, limitBytes(limitOf(width), width, options.together?.most))
  } catch (error) {
    // qmail-send could not start and has said why
    if (errorCode(error) === 'EPIPE') return
    throw error
  }
  const spawner = new Spawner(options)
  await feedFrom(options.commandFd ?? 0, (chunk) => spawner.feed(chunk))
  await spawner.drain()
}
