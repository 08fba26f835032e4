import { closeSync, fstatSync, lstatSync, openSync, readdirSync, renameSync, unlinkSync, utimesSync } from 'node:fs'
import { reason } from '../../core/failure.ts'
import { syncFolderLater } from '../../os/durable.ts'
import { splitPath } from '../../queue/paths.ts'

/** Numbers made at once, and kept ready at least. */
const STEP = 64
/** At most so many exist: more messages than this are not in the log at a time. */
const MAX_NUMBERS = 16_384
const MODE = 0o644
/** After a failure no more are made for so long. */
const AGAIN_MILLISECONDS = 10_000
/** qmail-clean removes what has lain in pid/ for 36 hours. */
const FRESHEN_MILLISECONDS = 6 * 3_600_000

const inodeOf = (path: string): number | undefined => lstatSync(path, { throwIfNoEntry: false })?.ino

const remove = (path: string): void => {
  try {
    unlinkSync(path)
  } catch {
    // qmail-clean's sweep removes it
  }
}

/**
 * Message numbers for the log: inode numbers of empty files `pid/NUMBER`, made ahead and used again and again, so that a message on its
 * way costs no file (docs/internals.md). A spilled message takes its file along.
 */
export class Numbers {
  readonly #root: string
  readonly #log: (line: string) => void
  readonly #free: number[] = []
  /** Those whose files are ours, free, in use or still being made. */
  readonly #known = new Set<number>()
  #isMaking = false
  #makeAfter = 0
  #isOver = false
  #freshen: NodeJS.Timeout | undefined

  /** `root`: the queue's folder with a slash at its end. */
  constructor(root: string, log: (line: string) => void) {
    this.#root = root
    this.#log = log
  }

  /** Takes over what is there from an earlier run, and makes the first numbers. Rejects with system errors. */
  async start(): Promise<void> {
    for (const name of readdirSync(`${this.#root}pid`)) {
      const number = Number(name)
      if (/^[1-9][0-9]*$/.test(name) && inodeOf(this.#path(number)) === number && this.#isUnused(number)) {
        this.#known.add(number)
        this.#free.push(number)
      }
    }
    await this.#make()
    this.#freshen = setInterval(() => this.#touch(), FRESHEN_MILLISECONDS)
    this.#freshen.unref()
  }

  /** A number nobody uses; undefined: there is none just now. */
  take(): number | undefined {
    if (this.#free.length < STEP / 2) void this.#makeMore()
    return this.#free.pop()
  }

  /** Its message is done: it may be used again. Of two, the one that was free for longer is used first. */
  give(number: number): void {
    if (this.#known.has(number)) this.#free.unshift(number)
  }

  /** Its file is a message's now. */
  leave(number: number): void {
    this.#known.delete(number)
  }

  /** Removes the files, also those being made: at rest there is nothing of ours in the queue. */
  end(): void {
    this.#isOver = true
    clearInterval(this.#freshen)
    for (const number of this.#known) remove(this.#path(number))
    this.#known.clear()
    this.#free.length = 0
  }

  #path(number: number): string {
    return `${this.#root}pid/${number}`
  }

  /** No message has this number, not even one that came with a copied queue. */
  #isUnused(number: number): boolean {
    return inodeOf(this.#root + splitPath('mess', number)) === undefined
  }

  async #makeMore(): Promise<void> {
    if (this.#isMaking || this.#isOver || this.#known.size >= MAX_NUMBERS || performance.now() < this.#makeAfter) return
    this.#isMaking = true
    try {
      await this.#make()
    } catch (error) {
      this.#makeAfter = performance.now() + AGAIN_MILLISECONDS
      this.#log(`warning: unable to make numbers in queue/pid: ${reason(error)}`)
    } finally {
      this.#isMaking = false
    }
  }

  /** Files first, then the folder's fsync, and only then they are free: a number must outlive a crash. What was made in vain is removed. */
  async #make(): Promise<void> {
    const made: number[] = []
    try {
      for (let n = 0; n < STEP && !this.#isOver; n++) {
        const number = this.#create(n)
        if (number !== undefined) made.push(number)
        if (n % 8 === 7) await new Promise((resolve) => setImmediate(resolve))
      }
      await syncFolderLater(`${this.#root}pid`)
    } catch (error) {
      for (const number of made) {
        this.#known.delete(number)
        remove(this.#path(number))
      }
      throw error
    }
    if (!this.#isOver) this.#free.push(...made)
  }

  #create(n: number): number | undefined {
    const path = `${this.#root}pid/${process.pid}.${Math.floor(Date.now() / 1000)}.n${n}`
    const fd = openSync(path, 'wx', MODE)
    try {
      const number = fstatSync(fd).ino
      if (!this.#isUnused(number)) return undefined // a copied queue: the sweep of pid/ removes the file
      renameSync(path, this.#path(number))
      this.#known.add(number)
      return number
    } catch (error) {
      remove(path)
      throw error
    } finally {
      closeSync(fd)
    }
  }

  #touch(): void {
    const now = Date.now() / 1000
    for (const number of this.#known) {
      try {
        utimesSync(this.#path(number), now, now)
      } catch {
        // a spill that misses it takes another number
      }
    }
  }
}
