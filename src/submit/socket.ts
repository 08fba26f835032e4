import type { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { netstring } from '../core/netstring.ts'
import { QueueExit, type QueueResult } from '../queue/codes.ts'
import { withNotes } from '../queue/envelope-tail.ts'
import type { NotesText } from '../queue/notes.ts'
import { envelopeBytes, type Submission } from './submission.ts'

/** Message bytes are gathered into netstrings of about this size; a small message and its envelope leave in one write. */
const CHUNK_BYTES = 65_536
/** A client may send a byte at a time, and a Buffer is far larger than a byte. */
const MAX_PIECES = 256
const MAX_ANSWER_BYTES = 64
const COMMA = Buffer.from(',')
const END_OF_MESSAGE = Buffer.from('0:,')
const ANSWER = /^([0-9]{1,2}):([0-9]{1,3}) ([0-9]{1,20}),$/

/** `CODE QP` out of the answer's netstring; undefined if that is not what it is. */
const parseAnswer = (text: string): { code: number; qp: number } | undefined => {
  const found = ANSWER.exec(text)
  if (!found || Number(found[1]) !== text.length - (found[1] ?? '').length - 2) return undefined
  return { code: Number(found[2]), qp: Number(found[3]) }
}

/** One message through a connection to a submission socket. */
class SocketSubmission implements Submission {
  readonly qp = undefined
  readonly #socket: Socket
  #held: Buffer[] = []
  #heldBytes = 0
  #answer = ''
  #isOver = false
  #settle: ((result: QueueResult) => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', this.#onLost)
    socket.on('close', this.#onLost)
    socket.on('data', this.#onData)
    if (socket.destroyed) this.#isOver = true
  }

  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#isOver) return undefined // nobody takes it any more; finish will tell
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#held.length > MAX_PIECES) this.#held = [Buffer.concat(this.#held)]
    if (this.#heldBytes < CHUNK_BYTES) return undefined
    return this.#socket.write(Buffer.concat(this.#take())) ? undefined : this.#drained()
  }

  finish(sender: Bytes, recipients: readonly Bytes[], notes?: NotesText): Promise<QueueResult> {
    const parts = [...this.#take(), END_OF_MESSAGE, netstring(withNotes(envelopeBytes(sender, recipients), notes))]
    return new Promise((resolve) => {
      this.#settle = resolve
      if (this.#isOver) this.#end(QueueExit.communication, 0)
      else this.#socket.write(Buffer.concat(parts))
    })
  }

  async abort(): Promise<void> {
    this.#detach()
    this.#socket.destroy()
  }

  /** What is held, as a netstring in pieces; nothing if nothing is held (an empty one would end the message). */
  #take(): Buffer[] {
    const all = this.#heldBytes === 0 ? [] : [Buffer.from(`${this.#heldBytes}:`), ...this.#held, COMMA]
    this.#held = []
    this.#heldBytes = 0
    return all
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done)
        this.#socket.off('close', done)
        resolve()
      }
      this.#socket.on('drain', done)
      this.#socket.on('close', done)
    })
  }

  readonly #onLost = (): void => {
    this.#isOver = true
    this.#held = []
    if (this.#settle) this.#end(QueueExit.communication, 0)
  }

  readonly #onData = (data: Buffer): void => {
    this.#answer += data.toString('latin1')
    if (!this.#answer.endsWith(',') && this.#answer.length <= MAX_ANSWER_BYTES) return
    const answer = this.#settle && parseAnswer(this.#answer)
    if (answer) this.#end(answer.code, answer.qp)
    else this.#socket.destroy() // not our protocol, or an answer before the question
  }

  #end(code: number, qp: number): void {
    this.#detach()
    this.#settle?.({ code, text: '', qp, weFailed: false })
    this.#settle = undefined
  }

  /** The socket is the caller's again. A listener for errors stays while it is being destroyed, or they would be nobody's. */
  #detach(): void {
    this.#isOver = true
    this.#socket.off('data', this.#onData)
    this.#socket.off('close', this.#onLost)
    if (!this.#socket.destroyed) this.#socket.off('error', this.#onLost)
  }
}

/**
 * Submits through a connected submission socket (docs/internals.md, Who can reach what), one message at a time. After finish with an answer the caller may use
 * the socket for the next message; after abort, or when the connection is lost (code 74, temporary), it is destroyed. Chunks handed
 * over must not be changed afterwards.
 */
export const submitThroughSocket = (socket: Socket): Submission => new SocketSubmission(socket)
