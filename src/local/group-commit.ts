import { close, closeSync, fsync, open, renameSync, statSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { cannotSyncFolder } from '../os/durable.ts'

/** A file that is written and is to get its name: `to` is a new name in `folder`. The descriptor is closed for the caller. */
export interface Candidate {
  fd: number
  from: Bytes
  to: Bytes
  folder: Bytes
}

interface Waiting extends Candidate {
  resolve: () => void
  reject: (error: unknown) => void
}

/** fsync in the thread pool: the event loop goes on meanwhile. */
const fsyncLater = (fd: number): Promise<void> => new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve())))

const syncFolderLater = (folder: Bytes): Promise<void> =>
  new Promise((resolve, reject) => {
    open(fsPath(folder), 'r', (openError, fd) => {
      if (openError) reject(openError)
      else fsync(fd, (error) => close(fd, () => (error ? reject(error) : resolve())))
    })
  })

/** A rename to a name that is not taken. */
const move = ({ from, to }: Candidate): void => {
  if (statSync(fsPath(to), { throwIfNoEntry: false }) !== undefined) throw new Error('the name is taken')
  renameSync(fsPath(from), fsPath(to))
}

/** The file's bytes are on the disk, then it has its name. A failure is the file's own: the others go on. */
const publish = async (file: Waiting): Promise<Waiting | undefined> => {
  try {
    await fsyncLater(file.fd).finally(() => closeSync(file.fd))
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

/**
 * Makes files durable under their names, many at once (docs/internals.md, What is promised, group commit): first the files' bytes, then the renames, then one
 * fsync of each folder. What comes while a round is running waits for the next one, and shares it.
 */
export class GroupCommit {
  #waiting: Waiting[] = []
  #isRunning = false

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
    while (this.#waiting.length > 0) {
      const round = this.#waiting
      this.#waiting = []
      const published = (await Promise.all(round.map(publish))).filter((file) => file !== undefined)
      await Promise.all([...Map.groupBy(published, (file) => file.folder)].map(([folder, files]) => settleFolder(folder, files)))
    }
    this.#isRunning = false
  }
}
