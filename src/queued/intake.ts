import { reason } from '../core/failure.ts'
import { MAX_LOG_ENVELOPE_BYTES, MAX_LOG_RECIPIENTS } from '../log/limits.ts'
import { QueueExit } from '../queue/codes.ts'
import { EnvelopeChecker, type EnvelopeLimits } from '../queue/envelope.ts'
import { EnvelopeTail } from '../queue/envelope-tail.ts'
import { believedNotes, type NotesText, packNotes, parseNotes } from '../queue/notes.ts'
import { PATIENCE_MILLISECONDS } from '../queue/paths.ts'
import { QueueTrouble } from '../queue/queue-file.ts'
import { receivedLine } from '../queue/received.ts'
import { MessageFiles, type Origin } from '../queue/writer.ts'
import type { GroupCommit } from './group-commit.ts'
import { Held } from './held.ts'
import type { LogKeeper } from './log/keeper.ts'

/** Where one message's files will be, and who commits them. */
export interface Queue {
  /** See MessageFiles. */
  root: string
  group: GroupCommit
  limits: EnvelopeLimits
  /** The commit log, which takes small messages as long as it is open. */
  keeper?: LogKeeper
  /** The accounts whose notes are believed, whatever they say; others' only where they take rights away or ask for reports. */
  trusted?: ReadonlySet<number>
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

const NUL = 0
/** Notes have an envelope written once more, at once, while all others wait: a larger one goes without, as behind a foreign program (spec modern.md 5.6). */
const MAX_NOTED_BYTES = 4_194_304

/** Recipients in the records of an envelope. */
const recipientsOf = (records: Buffer): number => {
  let count = -1 // the sender
  for (let at = records.indexOf(NUL); at >= 0; at = records.indexOf(NUL, at + 1)) count++
  return count
}

/**
 * One message on its way into the queue, fed by a connection or from the drop folder. Trouble is remembered, what follows is passed
 * over, and finish tells; nothing is left behind then. It is held in memory and goes through the commit log, or as soon as it proves
 * too large for that, into files. Never throws but for our own bugs.
 */
export class Intake {
  readonly #queue: Queue
  readonly #origin: Origin
  readonly #beganMs = Date.now()
  readonly #checker: EnvelopeChecker
  readonly #tail = new EnvelopeTail()
  /** Undefined: it goes into files. */
  #held: Held | undefined
  #files: MessageFiles | undefined
  #isEnvelope = false
  #code: number = QueueExit.ok
  #why: string | undefined

  constructor(queue: Queue, origin: Origin) {
    this.#queue = queue
    this.#checker = new EnvelopeChecker(queue.limits)
    this.#origin = origin
    if (queue.keeper?.isOpen) this.#held = new Held(queue.keeper.maxBytes)
  }

  /** The next bytes of the message. */
  message(chunk: Buffer): void {
    if (this.#held?.message(chunk)) return
    this.#attempt(() => this.#open().message(chunk))
  }

  /** The message is complete; the envelope follows. */
  endMessage(): void {
    this.#isEnvelope = true
    if (this.#held) return
    this.#attempt(() => {
      this.#open().endMessage()
      this.#open().openEnvelope()
    })
  }

  /** The next bytes of the envelope, the last NUL included. */
  envelope(chunk: Buffer): void {
    this.#attempt(() => {
      const wasComplete = this.#checker.verdict !== undefined
      const used = this.#checker.push(chunk)
      const kept = chunk.subarray(0, used)
      if (this.#checker.verdict === QueueExit.ok) this.#tail.push(wasComplete ? chunk : chunk.subarray(used + 1))
      if (!this.#held?.envelope(kept, MAX_LOG_ENVELOPE_BYTES)) this.#open().envelope(kept)
    })
  }

  /** The envelope is complete. */
  async finish(): Promise<IntakeResult> {
    this.#attempt(() => {
      const verdict = this.#checker.verdict ?? QueueExit.readError
      if (verdict !== QueueExit.ok) throw new QueueTrouble(verdict)
      if (Date.now() - this.#beganMs > PATIENCE_MILLISECONDS) throw new QueueTrouble(QueueExit.timeout)
    })
    const notes = this.#notes()
    const qp = notes === undefined ? await this.#viaLog() : undefined
    if (qp !== undefined) return { code: this.#code, qp, why: this.#why }
    this.#attempt(() => this.#open().endEnvelope(notes))
    const files = this.#files
    if (this.#code === QueueExit.ok && files) await this.#queue.group.commit(files).catch((error: unknown) => this.#fail(error))
    files?.close()
    return { code: this.#code, qp: files?.qp ?? 0, why: this.#why }
  }

  /** What it brought besides its envelope, as far as whoever hands it in is believed. */
  #notes(): NotesText | undefined {
    const { notes: text } = this.#tail
    const notes = text === undefined ? undefined : parseNotes(text)
    if (notes === undefined || this.#code !== QueueExit.ok || this.#checker.bytes > MAX_NOTED_BYTES) return undefined
    return packNotes(this.#queue.trusted?.has(this.#origin.uid) ? notes : believedNotes(notes))
  }

  /** Gives up; not after finish. */
  abort(): void {
    this.#held?.drop()
    if (this.#code === QueueExit.ok) this.#files?.remove()
    this.#files?.close()
  }

  /** Hands it to the commit log. Returns its number for `qp` when that is settled, for better or worse; undefined: it goes into files. */
  async #viaLog(): Promise<number | undefined> {
    const { keeper } = this.#queue
    const held = this.#held
    if (held === undefined || keeper === undefined || this.#code !== QueueExit.ok || recipientsOf(held.envelopeRecords) > MAX_LOG_RECIPIENTS) return undefined
    const number = keeper.take()
    if (number === undefined) return undefined
    const qp = this.#origin.qp ?? number
    const head = Buffer.from(receivedLine(qp, this.#origin.who, this.#origin.startMs), 'latin1')
    const envelope = Buffer.concat([Buffer.from(`u${this.#origin.uid}\0p${qp}\0`, 'latin1'), held.envelopeRecords])
    try {
      if (!(await keeper.append({ number, envelope, message: [head, ...held.messagePieces], messageBytes: head.length + held.messageBytes }))) return undefined
    } catch (error) {
      this.#fail(error)
    }
    held.drop()
    this.#held = undefined
    return qp
  }

  /** The files, with what was held so far. */
  #open(): MessageFiles {
    this.#files ??= new MessageFiles(this.#queue.root, this.#origin)
    const held = this.#held
    if (held === undefined) return this.#files
    this.#held = undefined
    for (const piece of held.messagePieces) this.#files.message(piece)
    if (this.#isEnvelope) {
      this.#files.endMessage()
      this.#files.openEnvelope()
      this.#files.envelope(held.envelopeRecords)
    }
    held.drop()
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
    this.#held?.drop()
    this.#held = undefined
    this.#code = error.code
    if (error.cause !== undefined) this.#why = reason(error.cause)
    this.#files?.remove()
  }
}
