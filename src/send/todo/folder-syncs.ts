import type { Bytes } from '../../core/bytes.ts'
import { syncFolderLater } from '../../os/durable.ts'

/** Makes names in folders durable without stopping the loop. Whoever comes while a folder is being synced shares its next sync with all who do. */
export class FolderSyncs {
  readonly #running = new Map<Bytes, Promise<void>>()
  readonly #next = new Map<Bytes, Promise<void>>()

  /** Resolves when the names this folder has now are on the disk. Rejects with system errors. */
  sync(path: Bytes): Promise<void> {
    const next = this.#next.get(path)
    if (next !== undefined) return next
    const running = this.#running.get(path)
    if (running === undefined) return this.#begin(path)
    const waiting = running
      .catch(() => {}) // told to those who asked for it
      .then(() => {
        this.#next.delete(path)
        return this.#begin(path)
      })
    this.#next.set(path, waiting)
    return waiting
  }

  #begin(path: Bytes): Promise<void> {
    const sync = syncFolderLater(path).finally(() => {
      if (this.#running.get(path) === sync) this.#running.delete(path)
    })
    this.#running.set(path, sync)
    return sync
  }
}
