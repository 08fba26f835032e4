import { reason } from '../../core/failure.ts'
import type { GroupCommit } from '../group-commit.ts'
import { SpillFiles } from './spill-files.ts'

/** Messages being written as files at a time; they share the fsync of todo/. */
const AT_A_TIME = 16

/** Puts messages of the log into the queue's own files: S4, durable (docs/internals.md). */
export class Spiller {
  readonly #root: string
  readonly #group: GroupCommit
  readonly #log: (line: string) => void
  #running = 0
  readonly #waiting: (() => void)[] = []

  /** `root`: the queue's folder with a slash at its end. */
  constructor(root: string, group: GroupCommit, log: (line: string) => void) {
    this.#root = root
    this.#group = group
    this.#log = log
  }

  /** Resolves with the number the message has in the queue, when all of it is on the disk; undefined, with a warning, if that cannot be now. */
  async spill(number: number, read: () => { envelope: Buffer; message: Buffer }): Promise<number | undefined> {
    if (this.#running >= AT_A_TIME) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#running++
    try {
      return await this.#write(number, read)
    } catch (error) {
      this.#log(
        `warning: unable to write message ${number} of the log into the queue: ${reason(error instanceof Error && error.cause !== undefined ? error.cause : error)}`
      )
      return undefined
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  async #write(number: number, read: () => { envelope: Buffer; message: Buffer }): Promise<number> {
    const { envelope, message } = read()
    const files = new SpillFiles(this.#root, number, envelope, message)
    try {
      await this.#group.commit(files)
    } catch (error) {
      files.undo()
      throw error
    }
    files.close()
    return files.number
  }
}
