import { lstatSync, statSync, unlinkSync } from 'node:fs'
import { reason } from '../core/failure.ts'
import { printable } from '../core/logline.ts'
import { closeQuietly } from '../os/close.ts'
import { FINAL } from '../queue/drop-format.ts'
import { Malformed, openDrop } from '../queue/drop-open.ts'
import { DropAside } from './drop-aside.ts'
import { copyDrop, Stopped } from './drop-copy.ts'
import { DropLook } from './drop-look.ts'
import { DropTrigger } from './drop-trigger.ts'
import { DropTurns, type Waiting } from './drop-turns.ts'
import type { Queue } from './intake.ts'

/** A lost trigger costs at most this. */
const RESCAN_MILLISECONDS = 300_000
/** How often we see to files that have rested, and to the trigger's name. */
const TICK_MILLISECONDS = 1000
const FIRST_REST_MS = 30_000
const LONGEST_REST_MS = 3_600_000
/** Rubbish is looked for no more often than this. */
const SWEEP_MILLISECONDS = 3_600_000
/** Larger files are copied beside the small ones. */
const LARGE_BYTES = 1_048_576
/** A folder that has ever held so many names stays this large, and slow to look through, until it is made anew. */
export const BLOATED_BYTES = 4_194_304

/** What the drop folder's loop needs. */
export interface DropOptions {
  /** The folder. */
  folder: string
  queue: Queue
  /** Larger files are malformed. */
  maxBytes: number
  /** A uid in the words of the `Received` line. */
  who: (uid: number) => string
  log: (line: string) => void
  /** How long a file that could not be queued is left alone, then twice as long, and so on: each attempt may copy all of it. */
  firstRestMs?: number
}

/** A file that could not be queued. By performance.now: nobody sets that clock. */
interface Rest {
  until: number
  milliseconds: number
}

/** The door for everybody: takes the files of the drop folder into the queue, as they come, their owners in turn (docs/internals.md, Who can reach what). */
export class DropDoor {
  readonly #options: DropOptions
  readonly #gid: number
  readonly #look: DropLook
  readonly #aside: DropAside
  readonly #trigger: DropTrigger
  readonly #turns = new DropTurns()
  /** Names that wait for their turn or are on their way. */
  readonly #known = new Set<string>()
  readonly #resting = new Map<string, Rest>()
  /** Files that are queued but could not be removed: inode number and time of change, since numbers are used again. */
  readonly #done = new Set<string>()
  readonly #working = new Set<Promise<void>>()
  #timers: NodeJS.Timeout[] = []
  #scan: Promise<void> | undefined
  #isWanted = false
  #nextSweep = 0
  #isBloated = false
  #isStopping = false

  /** Throws system errors when the folder cannot be looked at. */
  constructor(options: DropOptions) {
    const { folder, log } = options
    this.#options = options
    this.#gid = statSync(folder).gid
    this.#look = new DropLook(folder)
    this.#aside = new DropAside((name) => this.#path(name), log)
    this.#trigger = new DropTrigger(`${folder}/trigger`, () => void this.pull(), log)
  }

  /** Watches the trigger, and looks at once. */
  start(): void {
    this.#trigger.watch()
    this.#timers = [setInterval(() => void this.pull(), RESCAN_MILLISECONDS), setInterval(() => this.#tick(), TICK_MILLISECONDS)]
    void this.pull()
  }

  /** Takes up what is there; resolves when that has been tried. Nothing is watched. */
  async once(): Promise<void> {
    await this.pull()
    while (this.#working.size > 0) await Promise.all(this.#working)
    await this.stop()
  }

  /** Asks for a look; one that is going on is followed by another. Resolves when all looks asked for are over. */
  pull(): Promise<void> {
    this.#isWanted = true
    this.#scan ??= this.#lookAll().finally(() => {
      this.#scan = undefined
    })
    return this.#scan
  }

  /** Asks for a look that leaves nothing out. */
  pullAll(): void {
    this.#trigger.watch()
    for (const [name, rest] of this.#resting) this.#resting.set(name, { ...rest, until: 0 })
    this.#tick()
    void this.pull()
  }

  /** Takes up no more, and gives up the copies that are not complete; resolves when what is being committed is in the queue. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#trigger.close()
    await this.#scan
    await Promise.all(this.#working)
  }

  #tick(): void {
    this.#trigger.watch()
    const now = performance.now()
    for (const [name, { until }] of this.#resting) if (until <= now) this.#consider(name, true)
    this.#work()
  }

  async #lookAll(): Promise<void> {
    while (this.#isWanted && !this.#isStopping) {
      if (this.#look.restMilliseconds > 0) await new Promise((resolve) => setTimeout(resolve, this.#look.restMilliseconds))
      this.#isWanted = false
      await this.#lookOnce().catch((error: unknown) => this.#options.log(`warning: unable to read drop: ${reason(error)}; will try again later`))
    }
  }

  async #lookOnce(): Promise<void> {
    const isSweep = performance.now() >= this.#nextSweep
    if (isSweep) this.#nextSweep = performance.now() + SWEEP_MILLISECONDS
    const take = (name: string): void => {
      if (name.startsWith(FINAL)) this.#consider(name)
      else if (isSweep) this.#aside.sweep(name)
      this.#work()
    }
    await this.#look.each(take, () => this.#isStopping)
    this.#checkSize()
  }

  /** A folder never shrinks. */
  #checkSize(): void {
    const { size } = statSync(this.#options.folder)
    if (size >= BLOATED_BYTES && !this.#isBloated)
      this.#options.log(`warning: drop is ${Math.round(size / 1_000_000)} MB large for the names it held; it is made anew at the next start`)
    this.#isBloated = size >= BLOATED_BYTES
  }

  /** Puts a file among those that wait, once. */
  #consider(name: string, hasRested = false): void {
    if (this.#isStopping || this.#known.has(name) || (!hasRested && this.#resting.has(name))) return
    const stat = lstatSync(this.#path(name), { throwIfNoEntry: false })
    if (stat === undefined) {
      this.#resting.delete(name)
      return
    }
    this.#known.add(name)
    this.#turns.add({ name, uid: stat.uid, isLarge: stat.size > LARGE_BYTES })
  }

  /** Begins with all that may go now. */
  #work(): void {
    while (!this.#isStopping) {
      const file = this.#turns.next()
      if (file === undefined) return
      const work = this.#bring(file.name)
        .then(
          () => this.#resting.delete(file.name),
          (error: unknown) => this.#trouble(file, error)
        )
        .then(() => {
          this.#known.delete(file.name)
          this.#turns.over(file)
          this.#working.delete(work)
          this.#work()
        })
      this.#working.add(work)
    }
  }

  #trouble({ name, uid }: Waiting, error: unknown): void {
    if (error instanceof Stopped) return
    if (error instanceof Malformed) {
      this.#resting.delete(name)
      this.#aside.setAside(name, uid, error.message)
      return
    }
    const { firstRestMs = FIRST_REST_MS } = this.#options
    const milliseconds = Math.min(LONGEST_REST_MS, 2 * (this.#resting.get(name)?.milliseconds ?? firstRestMs / 2))
    this.#resting.set(name, { until: performance.now() + milliseconds, milliseconds })
    this.#aside.say(uid, `warning: unable to queue drop/${printable(name)}: ${reason(error)}; will try again later`)
  }

  /** One file into the queue, then away with it. A crash in between queues it a second time: that is the only window, and no wider than two calls. */
  async #bring(name: string): Promise<void> {
    const { queue, who, maxBytes } = this.#options
    const drop = openDrop(this.#path(name), this.#gid)
    if (!drop) return
    try {
      if (drop.messageBytes > maxBytes) throw new Malformed('too large')
      const key = `${drop.ino} ${drop.changedMs}`
      if (!this.#done.has(key)) await copyDrop(queue, drop, who(drop.uid), () => this.#isStopping)
      this.#done.add(key)
      this.#remove(name, drop.ino)
      this.#done.delete(key)
    } finally {
      closeQuietly(drop.fd)
    }
  }

  /** Its owner may have put another one in its place, which is left for the next look. Throws system errors. */
  #remove(name: string, ino: number): void {
    const now = lstatSync(this.#path(name), { throwIfNoEntry: false })
    if (now?.ino === ino) unlinkSync(this.#path(name))
    else if (now !== undefined) void this.pull()
  }

  /** Names are bytes, as the folder has them. */
  #path(name: string): Buffer {
    return Buffer.from(`${this.#options.folder}/${name}`, 'latin1')
  }
}
