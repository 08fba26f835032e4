import { close, fsync, open } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'

/** fsync in the thread pool: the event loop goes on meanwhile. Rejects with the system error. */
export const fsyncLater = (fd: number): Promise<void> => new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve())))

const syncNow = (folder: Bytes): Promise<void> =>
  new Promise((resolve, reject) => {
    open(fsPath(folder), 'r', (openError, fd) => {
      if (openError) reject(openError)
      else fsync(fd, (error) => close(fd, () => (error ? reject(error) : resolve())))
    })
  })

interface Turn {
  running: Promise<void>
  next: Promise<void> | undefined
}

/**
 * Makes names in folders durable for many at once (DESIGN.md 4, group commit): whoever asks while a folder is being synced shares the
 * next sync with all others who ask meanwhile. A sync that began before the name was made would not cover it.
 */
export class GroupSync {
  readonly #turns = new Map<Bytes, Turn>()

  /** Resolves when every name made in the folder before this call is on the disk. Rejects with the system error. */
  sync(folder: Bytes): Promise<void> {
    const turn = this.#turns.get(folder)
    if (turn === undefined) return this.#begin(folder)
    turn.next ??= turn.running.catch(() => {}).then(() => this.#begin(folder))
    return turn.next
  }

  #begin(folder: Bytes): Promise<void> {
    const running = syncNow(folder)
    const turn: Turn = { running, next: undefined }
    this.#turns.set(folder, turn)
    const done = (): void => {
      if (this.#turns.get(folder) === turn && turn.next === undefined) this.#turns.delete(folder)
    }
    running.then(done, done)
    return running
  }
}
