import { fchmodSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, statSync, truncateSync, unlinkSync, writeSync } from 'node:fs'
import { errorCode } from '../core/failure.ts'
import { closeQuietly } from '../os/close.ts'
import { syncFolder } from '../os/durable.ts'
import { pullTrigger } from '../os/trigger.ts'
import { QueueExit } from './codes.ts'
import { FileOut } from './file-out.ts'
import type { NotesText } from './notes.ts'
import { splitPath } from './paths.ts'
import { type QueueFile, QueueTrouble, step } from './queue-file.ts'
import { receivedLine } from './received.ts'

/** Readable by qmail-send, the spawners and the deliveries. */
const MODE = 0o644
const ATTEMPTS = 9

/** What the queue writes down about where a message comes from. */
export interface Origin {
  /** The real uid of whoever hands it in. */
  uid: number
  /** The same in words, see whoIs. */
  who: string
  /** The number for `p` and `Received`; undefined: the message's own number. */
  qp: number | undefined
  /** When it began. */
  startMs: number
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** Creates pid/PID.TIME.SEQ, whose inode will be the message's number. */
const createPid = (root: string): { fd: number; path: string } => {
  const stem = `${root}pid/${process.pid}.${Math.floor(Date.now() / 1000)}`
  for (let seq = 1; ; seq++) {
    const path = `${stem}.${seq}`
    try {
      return { fd: openSync(path, 'wx', MODE), path }
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || seq === ATTEMPTS) throw new QueueTrouble(QueueExit.pidFile, error)
    }
  }
}

/**
 * The files of one message on its way from S1 to S4 (spec queue.md 1.3), one method a step. Its descriptor keeps the inode, and with
 * it the number, from being used again until close. Callers: Writer (one message, synchronous), GroupCommit (many at once).
 */
export class MessageFiles {
  readonly id: number
  readonly qp: number
  readonly messFd: number
  intdFd = -1
  readonly #root: string
  readonly #origin: Origin
  readonly #mess: string
  readonly #intd: string
  #isPublished = false
  #out: FileOut

  /** S1 to S2. `root`: the queue's folder with a slash at its end, or nothing where it is the current one. Throws QueueTrouble. */
  constructor(root: string, origin: Origin) {
    const { fd, path } = createPid(root)
    try {
      this.id = step(QueueExit.pidFile, () => fstatSync(fd).ino)
      this.#mess = root + splitPath('mess', this.id)
      this.#intd = `${root}intd/${this.id}`
      // Nothing of ours can be there: a file's number is its own. What is there came with a copied queue, and stays.
      if (step(QueueExit.messLink, () => exists(this.#mess))) throw new QueueTrouble(QueueExit.messLink)
      step(QueueExit.messLink, () => renameSync(path, this.#mess))
    } catch (error) {
      closeQuietly(fd)
      throw error
    }
    this.#root = root
    this.#origin = origin
    this.messFd = fd
    this.qp = origin.qp ?? this.id
    this.#out = new FileOut(fd)
    this.#out.add(Buffer.from(receivedLine(this.qp, origin.who, origin.startMs), 'latin1'))
  }

  message(chunk: Buffer): void {
    step(QueueExit.writeError, () => this.#out.add(chunk))
  }

  /** The message is complete, though not yet on the disk. */
  endMessage(): void {
    step(QueueExit.writeError, () => this.#out.flush())
  }

  /** S2 to S3. */
  openEnvelope(): void {
    this.intdFd = step(QueueExit.intdFile, () => openSync(this.#intd, 'wx', MODE))
    this.#out = new FileOut(this.intdFd)
    this.#out.add(Buffer.from(`u${this.#origin.uid}\0p${this.qp}\0`, 'latin1'))
  }

  envelope(records: Buffer): void {
    step(QueueExit.writeError, () => this.#out.add(records))
  }

  /** The envelope is complete, though not yet on the disk. Notes go behind the number of its `p` record. */
  endEnvelope(notes?: NotesText): void {
    step(QueueExit.writeError, () => this.#out.flush())
    if (notes !== undefined) step(QueueExit.writeError, () => this.#addNotes(notes))
  }

  /** The envelope was written as it came, and notes come last: it is written once more. */
  #addNotes(notes: NotesText): void {
    const records = readFileSync(this.#intd)
    const at = records.indexOf(0, records.indexOf(0) + 1)
    ftruncateSync(this.intdFd)
    const all = Buffer.concat([records.subarray(0, at), Buffer.from(` ${notes}`, 'latin1'), records.subarray(at)])
    for (let wrote = 0; wrote < all.length; ) wrote += writeSync(this.intdFd, all, wrote, all.length - wrote, wrote)
  }

  /** S3 to S4. Both files must be on the disk. */
  publish(): void {
    const todo = `${this.#root}todo/${this.id}`
    this.#isPublished = true
    step(QueueExit.todoLink, () => {
      if (exists(todo)) throw new QueueTrouble(QueueExit.todoLink)
      renameSync(this.#intd, todo)
    })
  }

  close(): void {
    closeQuietly(this.messFd)
    if (this.intdFd >= 0) closeQuietly(this.intdFd)
    this.intdFd = -1
  }

  /** S2 or S3 to S1: envelope first, and the message only if that is gone. Errors leave them to the sweep. Does nothing once publish was called. */
  remove(): void {
    if (this.#isPublished) return
    try {
      if (this.intdFd >= 0) {
        truncateSync(this.#intd)
        unlinkSync(this.#intd)
      }
      truncateSync(this.#mess)
      unlinkSync(this.#mess)
    } catch {
      // rubbish, which qmail-send and qmail-clean remove after RUBBISH_SECONDS
    }
  }
}

/** Writes one message into the queue, step after step (spec queue.md 2): for root, qmailq, and everybody in a one-user installation. */
export class Writer implements QueueFile {
  readonly #files: MessageFiles
  readonly #root: string

  /** `root` as for MessageFiles. Throws QueueTrouble. */
  constructor(root: string, origin: Origin) {
    this.#root = root
    this.#files = new MessageFiles(root, origin)
    step(QueueExit.writeError, () => fchmodSync(this.#files.messFd, MODE)) // the caller's umask is not ours to change
  }

  get qp(): number {
    return this.#files.qp
  }

  message(chunk: Buffer): void {
    this.#files.message(chunk)
  }

  endMessage(): void {
    this.#files.endMessage()
    step(QueueExit.writeError, () => fsyncSync(this.#files.messFd)) // its name too: the inode was renamed before
    this.#files.openEnvelope()
    step(QueueExit.writeError, () => fchmodSync(this.#files.intdFd, MODE))
  }

  envelope(records: Buffer): void {
    this.#files.envelope(records)
  }

  commit(notes?: NotesText): void {
    this.#files.endEnvelope(notes)
    step(QueueExit.writeError, () => fsyncSync(this.#files.intdFd))
    this.#files.publish() // from here on the message is the queue's
    step(QueueExit.todoLink, () => syncFolder(`${this.#root}todo`))
    this.#files.close()
    pullTrigger(`${this.#root}lock/trigger`)
  }

  discard(): void {
    this.#files.remove()
    this.#files.close()
  }
}
