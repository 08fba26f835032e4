import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { Permanent, reason, Temporary } from '../core/failure.ts'
import { logLine } from '../core/logline.ts'
import { delCr } from '../format/crlf.ts'
import { Share } from '../serve/budget.ts'
import { isInMoreRcpthosts } from '../serve/morercpthosts.ts'
import { peerOf, receivedField } from '../serve/received.ts'
import { folded, isAllowedRecipient, sizeLimit } from '../serve/recipients.ts'
import type { ByteReader } from './reader.ts'
import { ADDRESS_LIMIT, budget, type Client, type Connection, converse, MAX_RECIPIENTS, Message, NO_MEMORY, TOO_MANY } from './serve.ts'

/** What control/ says to qmail-qmtpd. */
export interface QmtpdSettings {
  rcpthosts: ReadonlySet<Bytes> | undefined
  morercpthosts: string
  databytes: number
}

/** The files of control/ that are read here. */
export const FILES = ['rcpthosts', 'morercpthosts.cdb', 'databytes']

/** Reads them. Throws Temporary. */
export const readSettings = (home: string): QmtpdSettings => {
  const rcpthosts = readSetting(home, 'rcpthosts')
  return { rcpthosts: rcpthosts && folded(rcpthosts), morercpthosts: join(home, 'control', 'morercpthosts.cdb'), databytes: readSetting(home, 'databytes') }
}

const LF = 0x0a
const CR = 0x0d
const BAD_RECIPIENT = "Dsorry, I can't handle that recipient (#5.1.3)"
const NOT_ALLOWED = "Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"
const BAD_SENDER = 'Dunacceptable sender (#5.1.7)'
/** What an answer costs until all of a packet's go out together. */
const ANSWER_BYTES = 128
const TOO_BIG = 'Dsorry, that message size exceeds my databytes limit (#5.3.4)'

/** One packet: the verdict on each recipient that stands already; undefined: it shares the message's. */
interface Envelope {
  sender: Bytes | undefined
  accepted: Bytes[]
  answers: (Bytes | undefined)[]
}

/** One connection's packets, one after the other (spec network.md 5.1). */
class Packets {
  readonly #reader: ByteReader
  readonly #client: Client
  readonly #connection: Connection
  readonly #settings: QmtpdSettings
  readonly #maxBytes: number

  constructor(client: Client, connection: Connection, settings: QmtpdSettings) {
    this.#reader = client.reader
    this.#client = client
    this.#connection = connection
    this.#settings = settings
    this.#maxBytes = sizeLimit(settings.databytes, connection.env.DATABYTES)
  }

  async serve(): Promise<never> {
    for (;;) await this.#packet()
  }

  async #packet(): Promise<void> {
    const { length } = await this.#reader.length()
    if (length === 0) throw new Permanent('a message without its first byte')
    const share = new Share(budget)
    const message = await Message.begin(this.#connection.open, receivedField(peerOf(this.#connection.env), undefined, 'QMTP', Date.now()))
    try {
      const bytes = await this.#body(message, length)
      await this.#reader.comma()
      const { sender, accepted, answers } = await this.#envelope(share)
      const shared = accepted.length === 0 ? '' : await this.#verdict(message, bytes, sender, accepted)
      if (answers.length > 0) await this.#client.answer(answers.map((answer) => answer ?? shared))
    } finally {
      share.release()
      await message.abort()
    }
  }

  /** Copies the message, decoded; its size in bytes. What is too much is passed over. */
  async #body(message: Message, length: number): Promise<number> {
    const kind = await this.#reader.byte()
    if (kind !== LF && kind !== CR) throw new Permanent('a message of neither kind')
    const decoder = kind === CR ? delCr() : undefined
    let bytes = 0
    const put = async (piece: Buffer): Promise<void> => {
      bytes += piece.length
      if (bytes <= this.#maxBytes) await message.write(piece)
    }
    for (let left = length - 1; left > 0; ) {
      const part = await this.#reader.upTo(left)
      left -= part.length
      await put(decoder?.push(part) ?? part)
    }
    if (decoder) await put(decoder.end())
    return bytes
  }

  async #envelope(share: Share): Promise<Envelope> {
    const reader = this.#reader
    const sender = await reader.text((await reader.length()).length, ADDRESS_LIMIT)
    await reader.comma()
    const envelope: Envelope = { sender, accepted: [], answers: [] }
    for (let { length: left } = await reader.length(); left > 0; ) {
      const { length, used } = await reader.length(left)
      left -= used + length + 1
      if (left < 0) throw new Permanent('a recipient longer than the list it is in')
      const recipient = await reader.text(length, ADDRESS_LIMIT)
      await reader.comma()
      if (!share.take(ANSWER_BYTES)) throw new Temporary('more answers than there is memory for')
      envelope.answers.push(this.#accept(recipient, envelope.accepted, share))
    }
    await reader.comma()
    return envelope
  }

  /** Takes one recipient in; else why not. Throws Temporary when that cannot be told. */
  #accept(recipient: Bytes | undefined, accepted: Bytes[], share: Share): Bytes | undefined {
    const { RELAYCLIENT: relayclient } = this.#connection.env
    const { rcpthosts, morercpthosts } = this.#settings
    if (recipient === undefined || recipient.length + (relayclient ?? '').length >= ADDRESS_LIMIT) return BAD_RECIPIENT
    if (relayclient === undefined && !isAllowedRecipient(recipient, rcpthosts, (key) => told(() => isInMore(morercpthosts, key)))) return NOT_ALLOWED
    if (accepted.length >= MAX_RECIPIENTS) return TOO_MANY
    if (!share.takeRecipient(recipient)) return NO_MEMORY
    accepted.push(recipient + (relayclient ?? ''))
    return undefined
  }

  async #verdict(message: Message, bytes: number, sender: Bytes | undefined, accepted: readonly Bytes[]): Promise<Bytes> {
    if (sender === undefined) return BAD_SENDER
    return bytes > this.#maxBytes ? TOO_BIG : message.finish(sender, accepted)
  }
}

/** A file that is not there has no key. Throws Temporary. */
const isInMore = (path: string, key: Bytes): boolean => {
  try {
    return existsSync(path) && isInMoreRcpthosts(path, key)
  } catch (error) {
    throw new Temporary(`unable to read ${path}: ${reason(error)}`, { cause: error })
  }
}

/** Does what needs control/; trouble with that is told in the log, which nothing the client does can fill. */
const told = <T>(work: () => T): T => {
  try {
    return work()
  } catch (error) {
    logLine(2, `qmail-qmtpd: warning: ${reason(error)}`)
    throw error
  }
}

/** Serves one QMTP connection to its end. Resolves with the exit code; never fails. Trouble with control/ ends it with 111. */
export const serveQmtp = (connection: Connection, settings: () => QmtpdSettings): Promise<number> =>
  converse(connection, (client) => new Packets(client, connection, told(settings)).serve())
