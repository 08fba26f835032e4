import { Temporary } from '../core/failure.ts'
import type { NotesText } from './notes.ts'

/** A step of queueing that failed: qmail-queue's exit code for it (spec queue.md 2). */
export class QueueTrouble extends Temporary {
  readonly code: number

  constructor(code: number, cause?: unknown) {
    super(`queue trouble ${code}`, { cause })
    this.code = code
  }
}

/** Runs one step; what it throws becomes QueueTrouble with this code. */
export const step = <T>(code: number, call: () => T): T => {
  try {
    return call()
  } catch (cause) {
    throw new QueueTrouble(code, cause)
  }
}

/** A message being written, to the queue or to the drop folder. Every method but discard throws QueueTrouble. */
export interface QueueFile {
  /** The number printed as `qp`. */
  readonly qp: number
  /** The next bytes of the message. */
  message(chunk: Buffer): void
  /** The message is complete; its envelope follows. */
  endMessage(): void
  /** The next bytes of the envelope's records; checked already, and without the last NUL. */
  envelope(records: Buffer): void
  /** Makes the message the queue's own, with its notes if it has any. When this returns, it is on the disk. */
  commit(notes?: NotesText): void
  /** Removes all traces, unless the message is the queue's own already. */
  discard(): void
}
