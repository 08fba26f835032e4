import type { Bytes } from '../core/bytes.ts'
import { writeFd } from '../core/fdio.ts'
import { NetstringParser, netstring } from '../core/netstring.ts'
import { feedFrom } from '../os/feed.ts'

/**
 * Between a spawner and the programs it keeps resident. Each side writes netstrings; fields within are separated by NUL, and the
 * first is a number the answer repeats. A request may be followed by a second netstring with the message. Answers come in any order.
 *
 *   qmail-getpw   < number, local part                              > number, exit code, then the six fields of its output
 *   qmail-local   < number, the eight arguments; then the message   > number, exit code, report; perhaps number, `written` before it
 *                 < number, those, notes on an envelope of the one  > number, exit code, report, and perhaps what became of the notes (src/spawn/local-wire.ts)
 *                   recipient; then the message
 *                                                                   or > number, `first`: nothing was done, this one needs the first gear
 *                                                                   or > number, `program`, command, environment: nothing was done, this is to be run
 *                 a number with a `+` behind it: others are under way, too
 *                 < nothing, `synced` or `unsynced`; an empty message > nothing, `sync`, the device of a file system: of all that was written to it (src/lspawn/rounds.ts)
 *   qmail-remote  < number, `S/ID`, host, sender, recipients        > number, then all it would print, NULs included
 *                 < number, `S/ID+`, host, sender, notes, recipients: `r=` counts them from 0
 */
const FD = { requests: 0, answers: 1 } as const

/** Larger than any request: a spawner's commands are at most 1 MiB, messages handed over 8 MiB. */
const MAX_REQUEST_BYTES = 1 << 24
/** The longest answer: larger than any report, which may quote a server's 5000 bytes for each of a hundred recipients. */
const MAX_ANSWER_BYTES = 1 << 20

/** A request as it stands on the wire, in pieces. */
export const requestPieces = (fields: readonly Bytes[], message?: Buffer): Buffer[] => {
  const head = netstring(fields.join('\0'))
  return message === undefined ? [head] : [head, Buffer.from(`${message.length}:`), message, Buffer.from(',')]
}

/** Cuts a resident's answers out of a stream. They may be another user's word: framing errors throw, fields are the reader's to check. */
export class AnswerParser {
  readonly #parser = new NetstringParser(MAX_ANSWER_BYTES)

  push(chunk: Buffer): Bytes[][] {
    this.#parser.push(chunk)
    const answers: Bytes[][] = []
    for (let body = this.#parser.next(); body !== undefined; body = this.#parser.next()) answers.push(body.toString('latin1').split('\0'))
    return answers
  }
}

/** What a resident gathers to say, written at once when the turn of the event loop ends. */
class Answers {
  #waiting: Buffer[] = []
  #isReaderGone = false

  add(fields: readonly (Bytes | number)[]): void {
    if (this.#waiting.length === 0) setImmediate(() => this.flush())
    this.#waiting.push(netstring(fields.join('\0')))
  }

  flush(): void {
    const all = this.#waiting
    this.#waiting = []
    try {
      if (!this.#isReaderGone) writeFd(FD.answers, Buffer.concat(all))
    } catch {
      // the spawner is gone; what has begun is still brought to its end, lest it be delivered twice
      this.#isReaderGone = true
    }
  }
}

/** A request: its fields after the number, and what came with it, if the program takes messages; `say` says a word before the answer. */
type Handler = (fields: Bytes[], message: Buffer, say: (word: Bytes) => void, number: Bytes) => Promise<readonly (Bytes | number)[]>

/** What is said between a resident and its parent beside requests. */
export interface Aside {
  /** Hears what the parent says. */
  hear: (fields: Bytes[]) => void
  /** How to say something to it, once requests are served. */
  say: (fields: Bytes[]) => void
  /** It says nothing any more: requests under way come to their end without it. */
  over: () => void
}

/** Serves requests until their stream ends and all are answered. Requests run side by side. */
export const serveRequests = async (withMessage: boolean, handle: Handler, aside?: Aside): Promise<void> => {
  const parser = new NetstringParser(MAX_REQUEST_BYTES, true)
  const answers = new Answers()
  const running = new Set<Promise<void>>()
  let head: Bytes[] | undefined
  if (aside !== undefined) aside.say = (fields) => answers.add(['', ...fields])
  const start = ([number = '', ...fields]: Bytes[], message: Buffer): void => {
    if (number === '') {
      aside?.hear(fields)
      return
    }
    const job = handle(fields, message, (word) => answers.add([number, word]), number).then((answer) => answers.add([number, ...answer]))
    running.add(job)
    void job.then(() => running.delete(job))
  }
  await feedFrom(FD.requests, (chunk) => {
    parser.push(chunk)
    for (let body = parser.next(); body !== undefined; body = parser.next()) {
      if (head === undefined) {
        head = body.toString('latin1').split('\0')
        if (withMessage) continue
      }
      start(head, withMessage ? body : Buffer.alloc(0))
      head = undefined
    }
  })
  aside?.over()
  await Promise.all(running)
  answers.flush()
}
