import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import type { QueueResult } from '../queue/codes.ts'
import type { NotesText } from '../queue/notes.ts'

/** One message on its way into the queue, whichever door it takes. */
export interface Submission {
  /** The number printed as `qp`, when it is known before the end. */
  readonly qp: number | undefined
  /** Hands over the next bytes of the message. Wait for the promise, if one comes back, before handing over more. Never fails: trouble shows at finish. */
  write(chunk: Buffer): Promise<void> | undefined
  /**
   * The message is complete: hands over the envelope and waits for the verdict. After code 0 the message is on the disk. Notes reach the queue
   * through our own doors; a queue program that is run for the message may have them from its environment (notes-variable.ts), else it becomes one without.
   */
  finish(sender: Bytes, recipients: readonly Bytes[], notes?: NotesText): Promise<QueueResult>
  /** Gives up: nothing will be queued. */
  abort(): Promise<void>
}

/** Whoever submits needs the home, and the environment for QMAILQUEUE and to hand on. */
export interface Submitter {
  home: string
  env: Env
  /** The process does nothing after this message but leave: as root it may become qmailq for good, instead of running a child that does. */
  isLast?: boolean
  /** The envelope and its notes, where they are known before the message: a queue program that is run for it has the notes from its environment. */
  noted?: Noted | undefined
}

/** An envelope that has notes. */
export interface Noted {
  sender: Bytes
  recipients: readonly Bytes[]
  notes: NotesText
}

const records = (sender: Bytes, recipients: readonly Bytes[]): Bytes => `F${sender}\0${recipients.map((r) => `T${r}\0`).join('')}`

/** `F`sender NUL, `T`recipient NUL ...: the records of an envelope. */
export const recordBytes = (sender: Bytes, recipients: readonly Bytes[]): Buffer => Buffer.from(records(sender, recipients), 'latin1')

/** The records and a last NUL: what qmail-queue reads on fd 1 (spec queue.md 2). */
export const envelopeBytes = (sender: Bytes, recipients: readonly Bytes[]): Buffer => Buffer.from(`${records(sender, recipients)}\0`, 'latin1')
