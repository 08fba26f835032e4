import { statSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { RoundAsker, SLOW_MILLISECONDS, SyncHelper } from '../os/sync-helper.ts'
import { SYNC_WORDS } from '../spawn/local-wire.ts'
import type { Aside } from '../spawn/wire.ts'

/** The parent waits for a round that is under way, and then for one of its own. */
const PATIENCE_MILLISECONDS = 2 * SLOW_MILLISECONDS

/** Rounds of syncfs that the parent runs for all its children. */
export class ParentSyncs {
  readonly #asker = new RoundAsker()
  readonly aside: Aside = {
    hear: ([word]) => this.#asker.answer(word === SYNC_WORDS.done),
    say: () => {},
    over: () => this.#asker.close()
  }

  get isUsable(): boolean {
    return this.#asker.isUsable
  }

  /** As SyncHelper's, of the file system with this device number. */
  sync(device: number): Promise<boolean> {
    return this.#asker.ask(() => this.aside.say([SYNC_WORDS.ask, String(device)]), PATIENCE_MILLISECONDS)
  }
}

/** Makes whole file systems durable: by the parent's rounds where there are any, which others share, or else by rounds of our own. */
export class Syncs {
  readonly #parent: ParentSyncs | undefined
  readonly #own = new SyncHelper()

  constructor(parent: ParentSyncs | undefined) {
    this.#parent = parent
  }

  /** May a round be tried? */
  get isUsable(): boolean {
    return this.isShared || this.#own.isUsable
  }

  /** Are others in the rounds, too? */
  get isShared(): boolean {
    return this.#parent?.isUsable ?? false
  }

  /** Resolves when it is time for another round: the parent sees to that by itself. */
  async ready(): Promise<void> {
    if (!this.isShared) await this.#own.ready()
  }

  /** Makes the file systems of these folders durable. False: it failed or took too long, and nothing is known. Never rejects. */
  async sync(folders: Iterable<Bytes>): Promise<boolean> {
    try {
      for (const [device, folder] of fileSystemsOf(folders)) if (!(await this.#syncOne(device, folder))) return false
      return true
    } catch {
      return false // one by one will say what is wrong
    }
  }

  #syncOne(device: number, folder: Bytes): Promise<boolean> {
    if (this.#parent?.isUsable) return this.#parent.sync(device)
    return this.#own.isUsable ? this.#own.sync(folder) : Promise.resolve(false)
  }
}

/** One folder of each file system these are on, by its device. Throws system errors. */
const fileSystemsOf = (folders: Iterable<Bytes>): Map<number, Bytes> => {
  const found = new Map<number, Bytes>()
  for (const folder of new Set(folders)) found.set(statSync(fsPath(folder)).dev, folder)
  return found
}
