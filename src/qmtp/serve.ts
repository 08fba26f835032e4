import type { Readable, Writable } from 'node:stream'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Permanent, Temporary } from '../core/failure.ts'
import { netstring } from '../core/netstring.ts'
import type { Env } from '../core/run.ts'
import { verdict } from '../queue/codes.ts'
import { Budget, MAX_HELD_BYTES } from '../serve/budget.ts'
import type { Submission } from '../submit/submission.ts'
import { ByteReader, Ended } from './reader.ts'

/** One connection, ready to be served. */
export interface Connection {
  input: Readable
  output: Writable
  env: Readonly<Env>
  /** The way into the queue. Failing means that there is none now. */
  open: () => Submission | Promise<Submission>
}

/** An hour for everything (spec network.md 5.1, 5.2). */
const WHOLE_MILLISECONDS = 3_600_000
/** Addresses have fewer bytes than this (spec network.md 5.1). */
export const ADDRESS_LIMIT = 1000
/** More recipients than any client sends at a time. */
export const MAX_RECIPIENTS = 20_000
export const TOO_MANY = 'Zsorry, too many recipients (#4.5.3)'
/** All connections together hold as much as they may. */
export const NO_MEMORY = 'Ztoo much under way, try again later (#4.3.1)'

/** The memory of all connections of this process. */
export const budget = new Budget(MAX_HELD_BYTES)

/** The client's side of one connection. */
export interface Client {
  reader: ByteReader
  /** Says one netstring for each text; what is said is on its way when this resolves. Throws Ended when nobody listens. */
  answer: (texts: readonly Bytes[]) => Promise<void>
}

const answerer =
  (output: Writable) =>
  (texts: readonly Bytes[]): Promise<void> =>
    new Promise((resolve, reject) => {
      if (output.destroyed) return reject(new Ended('nobody listens'))
      output.write(Buffer.concat(texts.map((text) => netstring(text))), (error) => (error ? reject(new Ended('nobody listens')) : resolve()))
    })

/** 0 when the client left, 100 for what is not its protocol, 111 for trouble of our own, time included (spec network.md 5). */
const exitOf = (error: unknown): number => {
  if (error instanceof Ended) return Exit.ok
  return error instanceof Permanent ? Exit.permanent : Exit.temporary
}

/** Leads one connection to its end by `protocol`. Resolves with the exit code; never fails. */
export const converse = async ({ input, output }: Connection, protocol: (client: Client) => Promise<void>): Promise<number> => {
  const reader = new ByteReader(input)
  output.on('error', () => reader.stop(new Ended('nobody listens')))
  const timer = setTimeout(() => {
    reader.stop(new Temporary('an hour is over'))
    output.destroy()
  }, WHOLE_MILLISECONDS)
  let exit: number = Exit.ok
  try {
    await protocol({ reader, answer: answerer(output) })
  } catch (error) {
    exit = exitOf(error)
  }
  clearTimeout(timer)
  input.destroy()
  output.destroy()
  return exit
}

/** A message on its way into the queue; without a queue it goes nowhere, and the verdict says so. */
export class Message {
  #submission: Submission | undefined

  /** Opens the way into the queue, and begins the message with this header field. */
  static async begin(open: Connection['open'], received: Bytes): Promise<Message> {
    const message = new Message()
    try {
      message.#submission = await open()
    } catch {
      return message
    }
    await message.write(Buffer.from(received, 'latin1'))
    return message
  }

  async write(chunk: Buffer): Promise<void> {
    if (chunk.length > 0) await this.#submission?.write(chunk)
  }

  /** The answer to it: `K`, `Z` or `D`, and the text. */
  async finish(sender: Bytes, recipients: readonly Bytes[]): Promise<Bytes> {
    if (!this.#submission) return 'Zqqt failure (#4.3.0)'
    const result = await this.#submission.finish(sender, recipients)
    this.#submission = undefined
    const judged = verdict(result)
    if (judged.kind === 'ok') return `Kok ${Math.floor(Date.now() / 1000)} qp ${result.qp}`
    return `${judged.kind === 'permanent' ? 'D' : 'Z'}${judged.text}`
  }

  /** Gives it up, if it is not finished: nothing is queued. */
  async abort(): Promise<void> {
    await this.#submission?.abort()
    this.#submission = undefined
  }
}
