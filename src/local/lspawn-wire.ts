import type { Bytes } from '../core/bytes.ts'
import { writeFd } from '../core/fdio.ts'
import { NetstringParser, netstring } from '../core/netstring.ts'
import { feedFrom } from '../os/feed.ts'

/**
 * Between qmail-lspawn and the programs it keeps resident. Each side writes netstrings; fields within are separated by NUL, and
 * the first is a number the answer repeats. Answers come in any order.
 *
 *   qmail-getpw  < number, local part                        > number, exit code, then the six fields of its output
 *   qmail-local  < number, the eight arguments; then a netstring with the message
 *                > number, exit code, report                  or > number, `first`: nothing was done, this one needs the first gear
 */
export const FIRST_GEAR = 'first'

/** Messages up to this size are delivered in the second gear. */
export const MAX_RESIDENT_BYTES = 256 * 1024
/** Arguments up to this length, all together, are handed over in the second gear; qmail-send's never come near it. */
export const MAX_VALUES_BYTES = 128 * 1024
/** The longest answer. */
const MAX_ANSWER_BYTES = 256 * 1024

const FD = { requests: 0, answers: 1 } as const

/** Cuts a resident's answers out of a stream. They are its user's word: framing errors throw, fields are the reader's to check. */
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

  add(fields: readonly (Bytes | number)[]): void {
    if (this.#waiting.length === 0) setImmediate(() => this.#flush())
    this.#waiting.push(netstring(fields.join('\0')))
  }

  #flush(): void {
    const all = this.#waiting
    this.#waiting = []
    writeFd(FD.answers, Buffer.concat(all))
  }
}

/** A request: its fields after the number, and what came with it, if the program takes messages. */
export type Handler = (fields: Bytes[], message: Buffer) => Promise<readonly (Bytes | number)[]>

/** Serves requests until their stream ends and all are answered. Requests run side by side. */
export const serveRequests = async (withMessage: boolean, handle: Handler): Promise<void> => {
  const parser = new NetstringParser(MAX_RESIDENT_BYTES)
  const answers = new Answers()
  const running = new Set<Promise<void>>()
  let head: Bytes[] | undefined
  const start = ([number = '', ...fields]: Bytes[], message: Buffer): void => {
    const job = handle(fields, message).then((answer) => answers.add([number, ...answer]))
    running.add(job)
    void job.then(() => running.delete(job))
  }
  await feedFrom(FD.requests, (chunk) => {
    parser.push(Buffer.from(chunk))
    for (let body = parser.next(); body !== undefined; body = parser.next()) {
      if (head === undefined) {
        head = body.toString('latin1').split('\0')
        if (withMessage) continue
      }
      start(head, withMessage ? body : Buffer.alloc(0))
      head = undefined
    }
  })
  await Promise.all(running)
  await new Promise((resolve) => setImmediate(resolve))
}
