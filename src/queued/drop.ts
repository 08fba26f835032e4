import { closeSync, constants, lstatSync, openSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { reason } from '../core/failure.ts'
import { printable } from '../core/logline.ts'
import { QueueExit } from '../queue/codes.ts'
import { BAD, FINAL } from '../queue/drop-format.ts'
import { Malformed, type OpenDrop, openDrop, pieces } from '../queue/drop-open.ts'
import { PATIENCE_MILLISECONDS, RUBBISH_SECONDS } from '../queue/paths.ts'
import { Intake, type Queue } from './intake.ts'

/** A lost trigger costs at most this. */
const RESCAN_MILLISECONDS = 300_000
/** Messages of the drop folder on their way at a time. */
const AT_A_TIME = 16
/** A file that could not be queued is left alone for so long: each attempt may copy all of it, and others want the disk as well. */
const TROUBLE_REST_MS = 30_000
/** After so many of them the rest of a scan would fare no better. */
const MAX_TROUBLES = 16
/** Scans for a trigger that is pulled all the time keep this distance. */
const REST_MILLISECONDS = 2
/** The other loops get a turn after this many pieces of one message. */
const PIECES_A_TURN = 16

/** What the drop folder's loop needs. */
export interface DropOptions {
  /** The folder. */
  folder: string
  queue: Queue
  /** A uid in the words of the `Received` line. */
  who: (uid: number) => string
  log: (line: string) => void
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A start time is a claim: it cannot be after the file was finished, nor longer before that than qmail-queue's patience. */
const believable = ({ startMs, changedMs }: OpenDrop): number => (startMs <= changedMs && changedMs - startMs <= PATIENCE_MILLISECONDS ? startMs : changedMs)

/** The door for everybody: takes the files of the drop folder into the queue, as they come (docs/internals.md, Who can reach what). */
export class DropDoor {
  readonly #folder: string
  readonly #queue: Queue
  readonly #who: (uid: number) => string
  readonly #log: (line: string) => void
  readonly #gid: number
  /** Files that are queued but could not be removed: inode number and time of change, since numbers are used again. */
  readonly #done = new Set<string>()
  /** Files that could not be queued, and until when they rest. */
  readonly #resting = new Map<string, number>()
  readonly #working = new Set<Promise<void>>()
  #trigger: Socket | undefined
  #timer: NodeJS.Timeout | undefined
  #scan: Promise<void> | undefined
  #again = false
  #troubles = 0
  #afterRest: NodeJS.Timeout | undefined
  #asides = 0
  #isStopping = false

  /** Throws system errors when the folder cannot be looked at. */
  constructor({ folder, queue, who, log }: DropOptions) {
    this.#folder = folder
    this.#queue = queue
    this.#who = who
    this.#log = log
    this.#gid = statSync(folder).gid
  }

  /** Watches the trigger, and scans at once. */
  start(): void {
    this.#watch()
    this.#timer = setInterval(() => this.pull(), RESCAN_MILLISECONDS)
    this.pull()
  }

  /** Takes up what is there; resolves when that has been tried. Nothing is watched. */
  async once(): Promise<void> {
    this.pull()
    await this.#scan
    await this.stop()
  }

  /** Asks for a scan; one that is going on is followed by another. */
  pull(): void {
    this.#again = true
    this.#scan ??= this.#scanAll().finally(() => {
      this.#scan = undefined
    })
  }

  /** Asks for a scan that leaves nothing out. */
  pullAll(): void {
    this.#resting.clear()
    this.pull()
  }

  /** Takes up no more; resolves when what is on its way is in the queue. */
  async stop(): Promise<void> {
    this.#isStopping = true
    clearInterval(this.#timer)
    clearTimeout(this.#afterRest)
    this.#trigger?.destroy()
    await this.#scan
  }

  /** Opened for writing too, the FIFO never ends. Without it, files wait for the next scan. */
  #watch(): void {
    try {
      const fd = openSync(`${this.#folder}/trigger`, constants.O_RDWR | constants.O_NONBLOCK)
      this.#trigger = new Socket({ fd, readable: true, writable: false })
      this.#trigger.on('data', () => this.pull())
      this.#trigger.on('error', () => {}) // as without it
    } catch (error) {
      this.#log(`warning: unable to watch drop/trigger: ${reason(error)}`)
    }
  }

  async #scanAll(): Promise<void> {
    while (this.#again && !this.#isStopping) {
      this.#again = false
      try {
        await this.#scanOnce()
      } catch (error) {
        this.#log(`warning: unable to read drop: ${reason(error)}; will try again later`)
      }
      if (this.#again) await new Promise((resolve) => setTimeout(resolve, REST_MILLISECONDS))
    }
  }

  async #scanOnce(): Promise<void> {
    this.#troubles = 0
    for (const [name, untilMs] of this.#resting) if (untilMs <= Date.now()) this.#resting.delete(name)
    const names = readdirSync(this.#folder, 'latin1').sort()
    for (const name of names) {
      if (this.#isStopping) break
      if (!name.startsWith(FINAL)) this.#sweep(name)
      else if (this.#troubles < MAX_TROUBLES && !this.#resting.has(name)) await this.#takeUp(name)
    }
    await Promise.all(this.#working)
  }

  /** Begins with one file, waiting for its turn. */
  async #takeUp(name: string): Promise<void> {
    if (this.#working.size >= AT_A_TIME) await Promise.race(this.#working)
    const work = this.#bring(name).catch((error: unknown) => this.#trouble(name, error))
    this.#working.add(work)
    void work.then(() => this.#working.delete(work))
    await Promise.race([work, turn()])
  }

  #trouble(name: string, error: unknown): void {
    const file = `drop/${printable(name)}`
    if (!(error instanceof Malformed)) {
      this.#rest(name)
      this.#log(`warning: unable to queue ${file}: ${reason(error)}; will try again later`)
      return
    }
    try {
      const aside = `${BAD}${Date.now()}.${++this.#asides}` // not made of the old name, which may be of any length
      renameSync(this.#path(name), this.#path(aside))
      this.#log(`warning: set aside malformed ${file} as ${aside}: ${error.message}`)
    } catch (cause) {
      this.#log(`warning: unable to set aside malformed ${file}: ${reason(cause)}`)
    }
  }

  /** The others go on: a message that does not fit on the disk must not hold up those that do. */
  #rest(name: string): void {
    this.#troubles++
    this.#resting.set(name, Date.now() + TROUBLE_REST_MS)
    this.#afterRest ??= setTimeout(() => {
      this.#afterRest = undefined
      this.pull()
    }, TROUBLE_REST_MS + 1)
  }

  /** One file into the queue, then away with it. A crash in between queues it a second time: that is the only window, and no wider than two calls. */
  async #bring(name: string): Promise<void> {
    const drop = openDrop(this.#path(name), this.#gid)
    if (!drop) return
    try {
      const key = `${drop.ino} ${drop.changedMs}`
      if (!this.#done.has(key)) await this.#copy(drop)
      this.#done.add(key)
      this.#remove(name, drop.ino)
      this.#done.delete(key)
    } finally {
      closeSync(drop.fd)
    }
  }

  /** Its owner may have put another one in its place, which is left for the next scan. Throws system errors. */
  #remove(name: string, ino: number): void {
    const now = lstatSync(this.#path(name), { throwIfNoEntry: false })
    if (now?.ino === ino) unlinkSync(this.#path(name))
  }

  async #copy(drop: OpenDrop): Promise<void> {
    const { uid, pid } = drop
    const intake = new Intake(this.#queue, { uid, who: this.#who(uid), qp: pid, startMs: believable(drop) })
    try {
      let count = 0
      for (const piece of pieces(drop, 0, drop.messageBytes)) {
        intake.message(piece)
        if (++count % PIECES_A_TURN === 0) await turn()
      }
      intake.endMessage()
      for (const piece of pieces(drop, drop.messageBytes, drop.envelopeBytes)) intake.envelope(piece)
    } catch (error) {
      intake.abort()
      throw error
    }
    const { code, why } = await intake.finish()
    if (code === QueueExit.badEnvelope || code === QueueExit.addressTooLong || code === QueueExit.readError) throw new Malformed('bad envelope')
    if (code !== QueueExit.ok) throw new Error(why ?? `code ${code}`)
  }

  /** Files whose writer died, and whatever else does not belong here. The time is that of the last change: nobody can forge it. */
  #sweep(name: string): void {
    if (name === 'trigger' || name.startsWith(BAD)) return
    try {
      const path = this.#path(name)
      if (Date.now() - lstatSync(path).ctimeMs > RUBBISH_SECONDS * 1000) unlinkSync(path)
    } catch {
      // gone, or not to be removed
    }
  }

  /** Names are bytes, as the folder has them. */
  #path(name: string): Buffer {
    return Buffer.from(`${this.#folder}/${name}`, 'latin1')
  }
}
