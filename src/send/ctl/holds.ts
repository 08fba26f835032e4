import { closeSync, openSync, unlinkSync } from 'node:fs'
import { errorCode } from '../../core/failure.ts'
import { namesIfThere } from '../../core/if-there.ts'
import { syncFolder } from '../../os/durable.ts'
import { unlinkGone } from '../../os/unlink.ts'
import { HOLD_FOLDER, heldNumber, holdPath } from '../../queue/hold.ts'
import type { Channel } from '../../queue/paths.ts'

interface Held {
  path: string
  /** The channels it would be waiting on, and when it would be due there (Unix seconds). */
  parked: Map<Channel, number>
}

/** The messages an administrator holds. Each has a file in hold/, so that it is held after a restart too. The current folder is queue/. */
export class Holds {
  readonly #held = new Map<number, Held>()
  #isUnsynced = false

  /** Finds what was held before. Files whose message is gone go too. Throws system errors of reading the folder; one that is missing holds nothing. */
  load(): void {
    for (const name of namesIfThere(HOLD_FOLDER)) {
      const id = heldNumber(name)
      if (id === undefined) continue
      if (this.#pathOf(id) === `${HOLD_FOLDER}/${name}`) this.#held.set(id, { path: `${HOLD_FOLDER}/${name}`, parked: new Map() })
      else unlinkGone(`${HOLD_FOLDER}/${name}`)
    }
  }

  /** Where the file of this message is to be; undefined: there is no such message. */
  #pathOf(id: number): string | undefined {
    try {
      return holdPath('.', id)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  has(id: number): boolean {
    return this.#held.has(id)
  }

  /** Holds a message from now on; durable after sync. Throws system errors. */
  hold(id: number): void {
    const path = holdPath('.', id)
    closeSync(openSync(path, 'w', 0o600))
    this.#held.set(id, { path, parked: new Map() })
    this.#isUnsynced = true
  }

  /** Makes durable what was held and released since the last time. Throws system errors. */
  sync(): void {
    if (!this.#isUnsynced) return
    syncFolder(HOLD_FOLDER)
    this.#isUnsynced = false
  }

  /** A held message whose time has come on a channel, or would come. */
  park(id: number, channel: Channel, due: number): void {
    this.#held.get(id)?.parked.set(channel, due)
  }

  /** When each channel of a held message would be due. */
  parked(id: number): ReadonlyMap<Channel, number> {
    return this.#held.get(id)?.parked ?? new Map()
  }

  /** All that is parked on a channel. */
  entries(channel: Channel): { id: number; due: number }[] {
    return [...this.#held].flatMap(([id, { parked }]) => {
      const due = parked.get(channel)
      return due === undefined ? [] : [{ id, due }]
    })
  }

  /** All that is parked would be due so many seconds later; earlier, if negative. */
  postpone(seconds: number): void {
    for (const { parked } of this.#held.values()) for (const [channel, due] of parked) parked.set(channel, due + seconds)
  }

  /** Holds a message no more; gives back what was parked. Throws system errors: then it is still held. */
  release(id: number): ReadonlyMap<Channel, number> {
    const held = this.#held.get(id)
    if (held === undefined) return new Map()
    try {
      unlinkSync(held.path)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    }
    this.#isUnsynced = true
    this.#held.delete(id)
    return held.parked
  }

  /** Its message leaves the queue. A file that cannot be removed holds nobody: it names this message. */
  forget(id: number): void {
    const held = this.#held.get(id)
    if (held === undefined) return
    this.#held.delete(id)
    unlinkGone(held.path)
  }
}
