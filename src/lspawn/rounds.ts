import type { Ids } from '../os/child.ts'
import { SyncHelper } from '../os/sync-helper.ts'
import { mountPointOf } from './mounts.ts'

/** At most so many file systems at a time; whoever is on another sees to its durability alone. */
const MAX_FILE_SYSTEMS = 8

/** One file system, and those who wait for the next round of it. */
class Rounds {
  readonly #device: number
  readonly #helper: SyncHelper
  readonly #isCalm: () => boolean
  #waiting: ((isDone: boolean) => void)[] = []
  #isRunning = false

  constructor(device: number, ids: Ids | undefined, isCalm: () => boolean) {
    this.#device = device
    this.#isCalm = isCalm
    this.#helper = new SyncHelper(ids)
  }

  get isIdle(): boolean {
    return !this.#isRunning
  }

  next(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (!this.#isRunning) void this.#run()
    })
  }

  end(): void {
    this.#helper.end()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      await this.#helper.ready(this.#isCalm)
      const all = this.#waiting.splice(0)
      const folder = placeOf(this.#device) // each time: it may have been mounted somewhere else, and its number may be another's
      const isDone = folder !== undefined && this.#helper.isUsable && (await this.#helper.sync(folder))
      for (const tell of all) tell(isDone)
    }
    this.#isRunning = false
  }
}

/**
 * Rounds of syncfs for all who deliver: one process makes durable what many have written, whoever they are (docs/internals.md, Maildirs). It has the ids given, and is
 * told where a file system is mounted, never a name of a user's.
 */
export class RoundsOfAll {
  readonly #ids: Ids | undefined
  readonly #isCalm: () => boolean
  /** By device; the one that was not asked for longest comes first. */
  readonly #rounds = new Map<number, Rounds>()

  /** `isCalm`: nobody is writing anything that is going to want a round, so the next need not wait for it. */
  constructor(ids: Ids | undefined, isCalm: () => boolean = () => false) {
    this.#ids = ids
    this.#isCalm = isCalm
  }

  /** Resolves after a round that began when this was called, or later. False: it failed, took too long, or there are none for this device. Never rejects. */
  sync(device: number): Promise<boolean> {
    const rounds = this.#for(device)
    if (rounds === undefined) return Promise.resolve(false)
    this.#rounds.delete(device)
    this.#rounds.set(device, rounds)
    return rounds.next()
  }

  #for(device: number): Rounds | undefined {
    const known = this.#rounds.get(device)
    if (known !== undefined) return known
    return placeOf(device) !== undefined && this.#makeRoom() ? new Rounds(device, this.#ids, this.#isCalm) : undefined
  }

  #makeRoom(): boolean {
    if (this.#rounds.size < MAX_FILE_SYSTEMS) return true
    const idle = [...this.#rounds].find(([, rounds]) => rounds.isIdle)
    if (idle === undefined) return false
    idle[1].end()
    return this.#rounds.delete(idle[0])
  }
}

const placeOf = (device: number): string | undefined => {
  try {
    return mountPointOf(device)
  } catch {
    return undefined // no /proc: everyone for himself
  }
}
