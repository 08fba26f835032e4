import { closeSync, openSync, renameSync, statSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { cannotSyncFolder, syncFileLater, syncFolderLater } from '../os/durable.ts'
import { MANY } from '../spawn/local-wire.ts'
import { Syncs } from './syncs.ts'

/** A file that is written and is to get its name: `to` is a new name in `folder`. The descriptor is closed for the caller. */
export interface Candidate {
  fd: number
  from: Bytes
  to: Bytes
  folder: Bytes
  /** Others are being delivered, here or to other users: it goes by rounds even if it is the only one here. */
  hasCompany?: boolean
}

interface Waiting extends Candidate {
  resolve: () => void
  reject: (error: unknown) => void
}

/** A rename to a name that is not taken. */
const move = ({ from, to }: Candidate): void => {
  if (statSync(fsPath(to), { throwIfNoEntry: false }) !== undefined) throw new Error('the name is taken')
  renameSync(fsPath(from), fsPath(to))
}

/** The file's bytes are on the disk, then it has its name. A failure is the file's own: the others go on. */
const publish = async (file: Waiting): Promise<Waiting | undefined> => {
  try {
    await syncFileLater(file.fd).finally(() => closeSync(file.fd))
    move(file)
    return file
  } catch (error) {
    file.reject(error)
    return undefined
  }
}

const settleFolder = async (folder: Bytes, files: readonly Waiting[]): Promise<void> => {
  try {
    await syncFolderLater(folder).catch((error: unknown) => {
      if (!cannotSyncFolder(error)) throw error
    })
    for (const file of files) file.resolve()
  } catch (error) {
    for (const file of files) file.reject(error)
  }
}

/** The files that have their names already, and whose names or contents may not be on the disk yet: one by one. */
const settleNamed = async (files: readonly Waiting[]): Promise<void> => {
  const synced = await Promise.all(
    files.map(async (file) => {
      try {
        const fd = openSync(fsPath(file.to), 'r')
        await syncFileLater(fd).finally(() => closeSync(fd))
        return [file]
      } catch (error) {
        file.reject(error)
        return []
      }
    })
  )
  await settleFolders(synced.flat())
}

const settleFolders = async (files: readonly Waiting[]): Promise<void> => {
  await Promise.all([...Map.groupBy(files, (file) => file.folder)].map(([folder, some]) => settleFolder(folder, some)))
}

/**
 * Makes files durable under their names, many at once (docs/internals.md, What is promised, group commit): first the files' bytes, then the renames, then one
 * fsync of each folder. What comes while a round is running waits for the next one, and shares it. When many wait, rounds of syncfs take
 * the place of that: a file gets its name after the one that covers its bytes, and is reported after the next, which covers its name.
 */
export class GroupCommit {
  #waiting: Waiting[] = []
  /** Those that have had their first round, and their names. */
  #named: Waiting[] = []
  #isRunning = false
  readonly #syncs: Syncs

  constructor(syncs = new Syncs(undefined)) {
    this.#syncs = syncs
  }

  /** Resolves when the file has its name and both will survive a crash. Rejects with the system error; the file may then still have its first name. */
  commit(file: Candidate): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...file, resolve, reject })
      if (!this.#isRunning) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    // Whoever comes in the same turn of the event loop takes part in the first round.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0 || this.#named.length > 0) {
      const byRounds = this.#named.length > 0 || this.#waiting.length >= MANY || (this.#syncs.isShared && this.#waiting.some(({ hasCompany }) => hasCompany))
      if (byRounds && this.#syncs.isUsable) await this.#syncRound()
      else await this.#oneByOne(this.#waiting.splice(0), this.#named.splice(0))
    }
    this.#isRunning = false
  }

  async #oneByOne(waiting: readonly Waiting[], named: readonly Waiting[]): Promise<void> {
    const [published] = await Promise.all([Promise.all(waiting.map(publish)), settleNamed(named)])
    await settleFolders(published.filter((file) => file !== undefined))
  }

  async #syncRound(): Promise<void> {
    await this.#syncs.ready()
    const [written, named] = [this.#waiting.splice(0), this.#named.splice(0)]
    if (!(await this.#syncs.sync([...written, ...named].map(({ folder }) => folder)))) return this.#oneByOne(written, named)
    for (const file of named) file.resolve()
    for (const file of written) {
      try {
        closeSync(file.fd)
        move(file)
        this.#named.push(file)
      } catch (error) {
        file.reject(error)
      }
    }
  }
}
