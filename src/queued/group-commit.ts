import { fsync, openSync } from 'node:fs'
import { syncFileLater } from '../os/durable.ts'
import { pullTrigger } from '../os/trigger.ts'
import { QueueExit } from '../queue/codes.ts'
import { QueueTrouble } from '../queue/queue-file.ts'

const asTrouble =
  (code: number) =>
  (cause: unknown): never => {
    throw new QueueTrouble(code, cause)
  }

interface Waiter {
  resolve: () => void
  reject: (error: Error) => void
}

/** One fsync of a folder for everybody whose rename was made before it began; whoever comes while it runs shares the next one. */
export class FolderSync {
  readonly #fd: number
  readonly #afterwards: () => void
  #waiting: Waiter[] = []
  #isBusy = false

  /** `afterwards` runs once after each successful fsync. Throws system errors. */
  constructor(path: string, afterwards: () => void) {
    this.#fd = openSync(path, 'r')
    this.#afterwards = afterwards
  }

  /** Resolves when the names of now are on the disk. Rejects with system errors. */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      if (this.#isBusy) return
      this.#isBusy = true
      setImmediate(this.#run) // renames of this turn of the event loop are in time
    })
  }

  readonly #run = (): void => {
    const served = this.#waiting
    this.#waiting = []
    fsync(this.#fd, (error) => {
      if (!error) this.#afterwards()
      for (const { resolve, reject } of served) error ? reject(error) : resolve()
      this.#isBusy = this.#waiting.length > 0
      if (this.#isBusy) this.#run()
    })
  }
}

/** A message whose two files are written (S3), though not on the disk yet. */
export interface Committable {
  readonly messFd: number
  readonly intdFd: number
  /** Gives the envelope its name in todo/: from there on the message is the queue's. Throws QueueTrouble. */
  publish(): void
}

/** Puts many messages into the queue at a time (docs/internals.md, What is promised): their fsyncs go out side by side, and they share those of todo/. */
export class GroupCommit {
  readonly #todo: FolderSync

  /** `root`: see MessageFiles. Throws system errors. */
  constructor(root: string) {
    this.#todo = new FolderSync(`${root}todo`, () => pullTrigger(`${root}lock/trigger`))
  }

  /** From a complete S3 to S4; resolves when that is on the disk. Rejects with QueueTrouble. */
  async commit(files: Committable): Promise<void> {
    // The message's fsync covers its name too: the inode was renamed before.
    await Promise.all([syncFileLater(files.messFd), syncFileLater(files.intdFd)]).catch(asTrouble(QueueExit.writeError))
    files.publish() // from here on the message is the queue's
    await this.#todo.sync().catch(asTrouble(QueueExit.todoLink))
  }
}
