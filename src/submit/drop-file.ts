import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../core/failure.ts'
import { pause } from '../core/pause.ts'
import { syncFolder } from '../os/durable.ts'
import { pullTrigger } from '../os/trigger.ts'
import { QueueExit } from '../queue/codes.ts'
import { dropLimit, FINAL, packTrailer, TEMPORARY } from '../queue/drop-format.ts'
import { withNotes } from '../queue/envelope-tail.ts'
import { FileOut } from '../queue/file-out.ts'
import type { NotesText } from '../queue/notes.ts'
import { type QueueFile, QueueTrouble, step } from '../queue/queue-file.ts'
import { nextQp } from './qp.ts'

/** Owner and group read: the folder's set-gid bit makes the group qmailq's own. */
const MODE = 0o640
const LAST_NUL = Buffer.alloc(1)
/** While qmail-queued makes a bloated folder anew, names are gone for a moment. */
const ATTEMPTS = 20
const ATTEMPT_MILLISECONDS = 10

const dropFolder = (home: string): string => join(home, 'drop')

/** Unlike anybody else's name: time, process, and a number for those who share them. */
const freshName = (): string => `${Date.now()}.${process.pid}.${Math.floor(Math.random() * 0x1_0000_0000).toString(36)}`

const createFile = (folder: string): { fd: number; name: string } => {
  for (let attempt = 1; ; attempt++) {
    const name = freshName()
    try {
      return { fd: openSync(join(folder, TEMPORARY + name), 'wx', MODE), name }
    } catch (error) {
      if (!['EEXIST', 'ENOENT'].includes(errorCode(error) ?? '') || attempt === ATTEMPTS) throw new QueueTrouble(QueueExit.pidFile, error)
      pause(ATTEMPT_MILLISECONDS)
    }
  }
}

/** A message on its way through the drop folder: the door for whoever is neither root nor qmailq (docs/internals.md, Who can reach what). */
export class DropFile implements QueueFile {
  readonly qp = nextQp()
  readonly #folder: string
  readonly #fd: number
  readonly #name: string
  readonly #startMs: number
  readonly #out: FileOut
  #path: string
  readonly #maxBytes: number
  #messageBytes = 0
  #envelopeBytes = 0

  /** Creates the file. `startMs`: when the caller started. Throws QueueTrouble. */
  constructor(home: string, startMs: number) {
    this.#folder = dropFolder(home)
    this.#maxBytes = dropLimit(home)
    const { fd, name } = createFile(this.#folder)
    this.#fd = fd
    this.#name = name
    this.#path = join(this.#folder, TEMPORARY + name)
    this.#startMs = startMs
    this.#out = new FileOut(fd)
  }

  message(chunk: Buffer): void {
    this.#messageBytes += chunk.length
    if (this.#messageBytes > this.#maxBytes) throw new QueueTrouble(QueueExit.refused)
    step(QueueExit.writeError, () => this.#out.add(chunk))
  }

  endMessage(): void {}

  envelope(records: Buffer): void {
    this.#envelopeBytes += records.length
    step(QueueExit.writeError, () => this.#out.add(records))
  }

  commit(notes?: NotesText): void {
    this.envelope(withNotes(LAST_NUL, notes))
    step(QueueExit.writeError, () => {
      this.#out.add(packTrailer({ messageBytes: this.#messageBytes, envelopeBytes: this.#envelopeBytes, pid: this.qp, startMs: this.#startMs }))
      this.#out.flush()
      fchmodSync(this.#fd, MODE) // the caller's umask may have hidden it from qmailq
    })
    const final = join(this.#folder, FINAL + this.#name)
    step(QueueExit.todoLink, () => this.#rename(final))
    this.#path = final
    // After the rename, so that it covers the new name as well: the caller may not open the folder to fsync that.
    step(QueueExit.writeError, () => fsyncSync(this.#fd))
    this.#syncFolder()
    closeSync(this.#fd)
    pullTrigger(join(this.#folder, 'trigger'))
  }

  #rename(final: string): void {
    for (let attempt = 1; ; attempt++) {
      try {
        renameSync(this.#path, final)
        return
      } catch (error) {
        if (errorCode(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error
        pause(ATTEMPT_MILLISECONDS)
      }
    }
  }

  /** Ordinary callers may not read the folder, hence not open it; ext4, xfs and btrfs made the name durable with the file. */
  #syncFolder(): void {
    try {
      syncFolder(this.#folder)
    } catch (error) {
      if (errorCode(error) !== 'EACCES') throw new QueueTrouble(QueueExit.writeError, error)
    }
  }

  discard(): void {
    try {
      closeSync(this.#fd)
      unlinkSync(this.#path)
    } catch {
      // qmail-queued sweeps it
    }
  }
}
