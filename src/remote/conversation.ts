import { readSync } from 'node:fs'
import { type Bytes, isAscii, splitAddress } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { readFd } from '../core/fdio.ts'
import { hasLineEnd, quoteBox, quoteUtf8Box } from '../format/quote.ts'
import { BodyEncoder, PartialLine } from '../format/smtp-body.ts'
import { type Connection, ConnectionDied } from '../net/client.ts'
import { type Reply, readReply } from '../net/client-reply.ts'
import type { Notes } from '../queue/notes.ts'
import type { Delivery } from './delivery.ts'
import { mailParameters, rcptParameters } from './dsn.ts'
import { isEightBit } from './eight-bit.ts'
import { isInternational, needOf } from './international.ts'
import { NO_OFFERS } from './offers.ts'
import { type Manner, Opening, type Talk } from './opening.ts'
import {
  badRecipientReport,
  DSN_REPORT,
  diedReport,
  localReport,
  notEightBitReport,
  notInternationalReport,
  partialLineReport,
  report,
  tooLargeReport
} from './report.ts'
import { wireSize } from './wire-size.ts'

/** The message could not be read. */
class Unreadable extends Error {}

const unreadable = (error: unknown): never => {
  throw new Unreadable(reason(error))
}

/** What is read of a message at a time; every write has its own time limit. All deliveries share the buffer: what was read is encoded at once. */
const readBuffer = Buffer.allocUnsafeSlow(16384)

/** An address as SMTP has it: its local part quoted if need be; without an `@` it goes out as it is. */
const pathOf = (address: Bytes, isUtf8: boolean): Bytes => {
  const { box, host } = splitAddress(address)
  return `<${host === undefined ? address : `${(isUtf8 ? quoteUtf8Box : quoteBox)(box)}@${host}`}>`
}

const isPermanent = ({ code }: Reply): boolean => code >= 500
const isRefusal = ({ code }: Reply): boolean => code >= 400

/** What came of a conversation. */
export interface Outcome {
  reports: Bytes
  /** How many recipients it is about, from the first. */
  count: number
  /** It ended before the server heard of the message: another one may take it. */
  isAtTheDoor: boolean
  /** How the same host may be asked once more: in clear, where TLS could not be agreed on and need not be, or by anchors it sent. */
  retry: Manner | undefined
}

/** So many recipients are named before the answers are read, where the server takes more than one command at a time: neither side's buffers may fill up. */
const GROUP_RECIPIENTS = 50

const groupsOf = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, n) => list.slice(n * size, (n + 1) * size))

/** A recipient, and what RCPT says of it besides. */
interface Named {
  recipient: Bytes
  parameters: Bytes
}

const rcptCommands = (group: readonly Named[], isUtf8: boolean): Bytes =>
  group
    .filter(({ recipient }) => !hasLineEnd(recipient))
    .map(({ recipient, parameters }) => `RCPT TO:${pathOf(recipient, isUtf8)}${parameters}\r\n`)
    .join('')

/** One SMTP conversation, from greeting to QUIT, and the reports it leads to. */
class Conversation {
  readonly #connection: Connection
  readonly #ip: string
  readonly #delivery: Delivery
  readonly #settings: Talk
  readonly #opening: Opening
  #reports: Bytes = ''
  #isDotSent = false
  #isAtTheDoor = true
  #sent = 0

  constructor(connection: Connection, ip: string, delivery: Delivery, settings: Talk, manner: Manner) {
    this.#connection = connection
    this.#ip = ip
    this.#delivery = delivery
    this.#settings = settings
    this.#opening = new Opening(connection, ip, settings, manner)
  }

  /** Talks to the end. Never throws: the connection's trouble and ours become the last report. */
  async run(): Promise<Outcome> {
    try {
      const verdict = await this.#talk()
      this.#reports += verdict
      await this.#connection.close('QUIT\r\n')
    } catch (error) {
      this.#connection.abort()
      this.#reports += this.#failure(error)
    }
    return {
      reports: this.#reports,
      count: this.#isAtTheDoor ? this.#delivery.recipients.length : this.#recipients.length,
      isAtTheDoor: this.#isAtTheDoor,
      retry: this.#opening.retry
    }
  }

  #failure(error: unknown): Bytes {
    if (error instanceof ConnectionDied) return diedReport(this.#ip, this.#isDotSent)
    if (error instanceof PartialLine) return partialLineReport
    return localReport(error instanceof Unreadable ? `Unable to read message: ${error.message}` : `Trouble in qmail-remote: ${reason(error)}`)
  }

  /** The steps up to the message report, which is the result (spec network.md 6.4; the texts: 6.1). Throws ConnectionDied and trouble with the message. */
  async #talk(): Promise<Bytes> {
    const refusal = (await this.#opening.enter()) ?? (await this.#internationalise()) ?? (await this.#measure()) ?? (await this.#lookForEightBit())
    if (refusal !== undefined) return refusal
    this.#isAtTheDoor = false
    const rejected = await this.#sendEnvelope()
    if (rejected !== undefined) return rejected
    const data = await this.#ask('DATA')
    if (isRefusal(data)) return report(isPermanent(data) ? 'D' : 'Z', `${this.#ip} failed on DATA command.\n`, data)
    await this.#sendMessage()
    const verdict = await readReply(this.#connection)
    this.#isDotSent = false
    if (isRefusal(verdict)) return report(isPermanent(verdict) ? 'D' : 'Z', `${this.#ip} failed after I sent the message.\n`, verdict)
    return (
      report('K', `${this.#ip} accepted message.\n${this.#opening.tlsLine}${this.#isEightBitSent ? '8bit=sent.\n' : ''}`, verdict) +
      (this.#asks ? DSN_REPORT : '')
    )
  }

  #size: number | undefined
  /** The server gets bytes beyond ASCII, and did not say that it takes them. */
  #isEightBitSent = false
  /** It is sent by SMTPUTF8. */
  #isUtf8 = false

  /** As many recipients as the server takes. */
  get #recipients(): readonly Bytes[] {
    return this.#delivery.recipients.slice(0, this.#opening.offers.mostRecipients)
  }

  /** What MAIL says of a message that demands TLS; inside of it alone, and to who knows it (RFC 8689 2). */
  get #tlsParameter(): Bytes {
    const isTold = this.#delivery.notes?.items.includes('tls') && this.#opening.secured !== undefined && this.#opening.offers.isRequireTls
    return isTold ? ' REQUIRETLS' : ''
  }

  /** What the sender asked for, if the server takes it. */
  get #asks(): Notes | undefined {
    return this.#opening.offers.isDsn ? this.#delivery.notes : undefined
  }

  /** Finds whether the message needs SMTPUTF8, if it came by that and we use it. A report: the server has it not. */
  async #internationalise(): Promise<Bytes | undefined> {
    const { unusedExtensions } = this.#settings
    if (!isInternational(this.#delivery) || unusedExtensions === undefined || unusedExtensions.has('SMTPUTF8')) return undefined
    const need = await needOf(this.#delivery).catch(unreadable)
    this.#isUtf8 = need !== undefined && this.#opening.offers.isUtf8
    return need === undefined || this.#isUtf8 ? undefined : notInternationalReport(this.#ip, need)
  }

  /** What MAIL says besides. */
  get #mailParameters(): Bytes {
    const { is8bit } = this.#opening.offers
    const size = this.#size === undefined ? '' : ` SIZE=${this.#size}`
    return `${size}${this.#isUtf8 ? ` SMTPUTF8${is8bit ? ' BODY=8BITMIME' : ''}` : ''}${this.#tlsParameter}${mailParameters(this.#asks)}`
  }

  /** Finds how large the message is, if the server wants to know. A report: it is too large for it. */
  async #measure(): Promise<Bytes | undefined> {
    if (this.#opening.offers.size === undefined) return undefined
    this.#size = await wireSize(this.#delivery.message).catch(unreadable)
    return (this.#size ?? 0) > this.#opening.offers.size ? tooLargeReport(this.#ip) : undefined
  }

  /** Where bytes beyond ASCII may go only to hosts that offer to take them (control/downgrade), and this one does not. A report: the message has some. */
  async #lookForEightBit(): Promise<Bytes | undefined> {
    if (!this.#settings.refusesEightBit || this.#opening.offers.is8bit) return undefined
    return (await isEightBit(this.#delivery.message).catch(unreadable)) ? notEightBitReport(this.#ip) : undefined
  }

  /** Names sender and recipients. A report: the message is not wanted. */
  async #sendEnvelope(): Promise<Bytes | undefined> {
    const mail = `MAIL FROM:${pathOf(this.#delivery.sender, this.#isUtf8)}${this.#mailParameters}`
    const named = this.#recipients.map((recipient, index) => ({ recipient, parameters: rcptParameters(this.#asks, index) }))
    const [first = [], ...others] = groupsOf(named, this.#opening.offers.isPipelining ? GROUP_RECIPIENTS : 1)
    await this.#connection.write(`${mail}\r\n${this.#opening.offers.isPipelining ? rcptCommands(first, this.#isUtf8) : ''}`)
    const reply = await readReply(this.#connection)
    if (isRefusal(reply)) return report(isPermanent(reply) ? 'D' : 'Z', `Connected to ${this.#ip} but sender was rejected.\n`, reply)
    let isAnyAccepted = await this.#nameRecipients(first, this.#opening.offers.isPipelining)
    for (const group of others) isAnyAccepted = (await this.#nameRecipients(group, false)) || isAnyAccepted
    return isAnyAccepted ? undefined : report('D', `Giving up on ${this.#ip}.\n`)
  }

  /** Names recipients, unless they are already, and reports what the server says to each; true when at least one was accepted. */
  async #nameRecipients(group: readonly Named[], isSent: boolean): Promise<boolean> {
    const commands = isSent ? '' : rcptCommands(group, this.#isUtf8)
    if (commands !== '') await this.#connection.write(commands)
    let isAnyAccepted = false
    for (const { recipient } of group) {
      if (hasLineEnd(recipient)) {
        this.#reports += badRecipientReport
        continue
      }
      const reply = await readReply(this.#connection)
      if (isRefusal(reply)) this.#reports += report(isPermanent(reply) ? 'h' : 's', `${this.#ip} does not like recipient.\n`, reply)
      else {
        this.#reports += report('r')
        isAnyAccepted = true
      }
    }
    return isAnyAccepted
  }

  async #ask(command: Bytes): Promise<Reply> {
    await this.#connection.write(`${command}\r\n`)
    return readReply(this.#connection)
  }

  /** Sends the message and the lone dot. A message of one piece goes in one write. */
  async #sendMessage(): Promise<void> {
    const encoder = new BodyEncoder()
    let piece = this.#readPiece(encoder)
    for (let next = piece && this.#readPiece(encoder); next; next = this.#readPiece(encoder)) {
      if (piece?.length) await this.#connection.write(piece)
      piece = next
    }
    const end = encoder.finish()
    this.#isDotSent = true
    await this.#connection.write(piece ? Buffer.concat([piece, end]) : end)
  }

  #readPiece(encoder: BodyEncoder): Buffer | undefined {
    const { message } = this.#delivery
    if (typeof message !== 'number') {
      const piece = message.subarray(this.#sent, this.#sent + readBuffer.length)
      this.#sent += piece.length
      return this.#encode(encoder, piece)
    }
    let length: number
    try {
      length = this.#delivery.isAgain ? readSync(message, readBuffer, 0, readBuffer.length, this.#sent) : readFd(message, readBuffer)
    } catch (error) {
      throw new Unreadable(reason(error))
    }
    this.#sent += length
    return this.#encode(encoder, readBuffer.subarray(0, length))
  }

  #encode(encoder: BodyEncoder, piece: Buffer): Buffer | undefined {
    const { offers } = this.#opening
    // who was not asked what it takes is not known to take less
    if (!offers.is8bit && offers !== NO_OFFERS && !this.#isEightBitSent) this.#isEightBitSent = !isAscii(piece.toString('latin1'))
    return piece.length === 0 ? undefined : encoder.push(piece)
  }
}

/** Delivers over a connection just made, and ends it. */
export const converse = (connection: Connection, ip: string, delivery: Delivery, settings: Talk, manner: Manner): Promise<Outcome> =>
  new Conversation(connection, ip, delivery, settings, manner).run()
