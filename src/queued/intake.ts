import { reason } from '../core/failure.ts'
import { QueueExit } from '../queue/codes.ts'
import { EnvelopeChecker, type EnvelopeLimits } from '../queue/envelope.ts'
import { PATIENCE_MILLISECONDS } from '../queue/paths.ts'
import { QueueTrouble } from '../queue/queue-file.ts'
import { MessageFiles, type Origin } from '../queue/writer.ts'
import type { GroupCommit } from './group-commit.ts'

/** Where one message's files will be, and who commits them. */
export interface Queue {
  /** See MessageFiles. */
  root: string
  group: GroupCommit
  limits: EnvelopeLimits
  /** Hears about system trouble of messages whose senders only hear a code. */
  trouble: (why: string) => void
}

/** How one message fared. */
export interface IntakeResult {
  /** qmail-queue's exit code. After 0 the message is on the disk. */
  code: number
  qp: number
  /** What the system said, if it had trouble. */
  why: string | undefined
}

/**
 * One message on its way into the queue, fed by a connection or from the drop folder. Trouble is remembered, what follows is passed
 * over, and finish tells; nothing is left behind then. Never throws but for our own bugs.
 */
export class Intake {
  readonly #queue: Queue
  readonly #origin: Origin
  readonly #beganMs = Date.now()
  readonly #checker: EnvelopeChecker
  #files: MessageFiles | undefined
  #code: number = QueueExit.ok
  #why: string | undefined

  constructor(queue: Queue, origin: Origin) {
    this.#queue = queue
    this.#checker = new EnvelopeChecker(queue.limits)
    this.#origin = origin
  }

  /** The next bytes of the message. */
  message(chunk: Buffer): void {
    this.#attempt(() => this.#open().message(chunk))
  }

  /** The message is complete; the envelope follows. */
  endMessage(): void {
    this.#attempt(() => {
      this.#open().endMessage()
      this.#open().openEnvelope()
    })
  }

  /** The next bytes of the envelope, the last NUL included. */
  envelope(chunk: Buffer): void {
    this.#attempt(() => {
      const kept = this.#checker.push(chunk)
      this.#open().envelope(chunk.subarray(0, kept))
    })
  }

  /** The envelope is complete. */
  async finish(): Promise<IntakeResult> {
    this.#attempt(() => {
      const verdict = this.#checker.verdict ?? QueueExit.readError
      if (verdict !== QueueExit.ok) throw new QueueTrouble(verdict)
      if (Date.now() - this.#beganMs > PATIENCE_MILLISECONDS) throw new QueueTrouble(QueueExit.timeout)
      this.#open().endEnvelope()
    })
    const files = this.#files
    if (this.#code === QueueExit.ok && files) await this.#queue.group.commit(files).catch((error: unknown) => this.#fail(error))
    files?.close()
    return { code: this.#code, qp: files?.qp ?? 0, why: this.#why }
  }

  /** Gives up; not after finish. */
  abort(): void {
    if (this.#code === QueueExit.ok) this.#files?.remove()
    this.#files?.close()
  }

  #open(): MessageFiles {
    this.#files ??= new MessageFiles(this.#queue.root, this.#origin)
    return this.#files
  }

  #attempt(work: () => void): void {
    if (this.#code !== QueueExit.ok) return
    try {
      work()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof QueueTrouble)) throw error
    this.#code = error.code
    if (error.cause !== undefined) this.#why = reason(error.cause)
    this.#files?.remove()
  }
}
