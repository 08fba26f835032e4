import { closeSync, fstatSync, ftruncateSync, lstatSync, openSync, readSync, renameSync, unlinkSync } from 'node:fs'
import { errorCode } from '../../core/failure.ts'
import { writeFd } from '../../core/fdio.ts'
import { QueueExit } from '../../queue/codes.ts'
import { splitPath } from '../../queue/paths.ts'
import { step } from '../../queue/queue-file.ts'
import type { Committable } from '../group-commit.ts'

const MODE = 0o644

const inodeOf = (path: string): number | undefined => lstatSync(path, { throwIfNoEntry: false })?.ino

/** Does the file hold the beginning of these bytes, and nothing else? */
const isBeginning = (path: string, bytes: Buffer): boolean => {
  const fd = openSync(path, 'r')
  try {
    const { size } = fstatSync(fd)
    if (size > bytes.length) return false
    const held = Buffer.allocUnsafe(size)
    for (let at = 0; at < size; ) {
      const length = readSync(fd, held, at, size - at, at)
      if (length === 0) return false
      at += length
    }
    return held.equals(bytes.subarray(0, size))
  } finally {
    closeSync(fd)
  }
}

/** Gives a file a number of its own: that of its inode. */
const freshNumber = (root: string): number => {
  const path = `${root}pid/${process.pid}.${Date.now()}.spill`
  const fd = openSync(path, 'wx', MODE)
  try {
    const { ino } = fstatSync(fd)
    renameSync(path, `${root}pid/${ino}`)
    return ino
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(fd)
  }
}

/**
 * The files a message of the log becomes (S2 to S4 of spec queue.md 1.3), under its own number: its file is in pid/, or, from an
 * attempt that was cut short, in mess/ already. When it is neither, the number is lost, and it gets another.
 */
export class SpillFiles implements Committable {
  /** The number it has now. */
  readonly number: number
  readonly messFd: number
  readonly intdFd: number
  readonly #root: string
  readonly #mess: string
  readonly #intd: string
  #isPublished = false

  /** Writes both files. `root`: the queue's folder with a slash at its end. Throws QueueTrouble. */
  constructor(root: string, number: number, envelope: Buffer, message: Buffer) {
    this.#root = root
    this.number = step(QueueExit.messLink, () => this.#settleNumber(number, message))
    this.#mess = root + splitPath('mess', this.number)
    this.#intd = `${root}intd/${this.number}`
    this.messFd = step(QueueExit.messLink, () => openSync(this.#mess, 'r+'))
    try {
      step(QueueExit.writeError, () => {
        ftruncateSync(this.messFd)
        writeFd(this.messFd, message)
      })
      this.intdFd = step(QueueExit.intdFile, () => openSync(this.#intd, 'w', MODE))
      step(QueueExit.writeError, () => writeFd(this.intdFd, envelope))
    } catch (error) {
      this.#back()
      closeSync(this.messFd)
      throw error
    }
  }

  /** Moves the number's file into mess/, unless it is there. Returns the number. Throws system errors. */
  #settleNumber(number: number, message: Buffer): number {
    const mess = this.#root + splitPath('mess', number)
    const isInPid = inodeOf(`${this.#root}pid/${number}`) === number
    const there = inodeOf(mess)
    if (!isInPid && there === number && isBeginning(mess, message)) return number
    const final = isInPid && there === undefined ? number : freshNumber(this.#root)
    renameSync(`${this.#root}pid/${final}`, this.#root + splitPath('mess', final))
    return final
  }

  publish(): void {
    this.#isPublished = true
    step(QueueExit.todoLink, () => renameSync(this.#intd, `${this.#root}todo/${this.number}`))
  }

  close(): void {
    closeSync(this.messFd)
    closeSync(this.intdFd)
  }

  /** Undoes what a failed attempt did, so that the number is free as before. Not after publish. */
  undo(): void {
    if (!this.#isPublished) this.#back()
    this.close()
  }

  #back(): void {
    try {
      unlinkSync(this.#intd)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') return // the next attempt writes it anew
    }
    try {
      ftruncateSync(this.messFd)
      renameSync(this.#mess, `${this.#root}pid/${this.number}`)
    } catch {
      // the next attempt finds it in mess/
    }
  }
}
