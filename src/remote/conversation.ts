import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { readFd } from '../core/fdio.ts'
import { hasLineEnd, quoteAddress } from '../format/quote.ts'
import { type Connection, ConnectionDied } from '../net/client.ts'
import { type Reply, readReply } from '../net/client-reply.ts'
import { BodyEncoder, PartialLine } from './body.ts'
import { badRecipientReport, diedReport, localReport, partialLineReport, report } from './report.ts'

/** One message for recipients at one host. */
export interface Delivery {
  host: Bytes
  sender: Bytes
  recipients: readonly Bytes[]
  /** The message, read from where the descriptor stands to its end. */
  fd: number
}

/** The message could not be read. */
class Unreadable extends Error {}

/** What is read of a message at a time; every write has its own time limit. All deliveries share the buffer: what was read is encoded at once. */
const readBuffer = Buffer.allocUnsafeSlow(16384)

/** An address as SMTP has it: its local part quoted if need be; without an `@` it goes out as it is. */
const pathOf = (address: Bytes): Bytes => `<${address.includes('@') ? quoteAddress(address) : address}>`

const isPermanent = ({ code }: Reply): boolean => code >= 500
const isRefusal = ({ code }: Reply): boolean => code >= 400

/** One SMTP conversation, from greeting to QUIT, and the reports it leads to. */
class Conversation {
  readonly #connection: Connection
  readonly #ip: string
  readonly #delivery: Delivery
  #reports: Bytes = ''
  #isDotSent = false

  constructor(connection: Connection, ip: string, delivery: Delivery) {
    this.#connection = connection
    this.#ip = ip
    this.#delivery = delivery
  }

  /** Talks to the end. Never throws: the connection's trouble and ours become the last report. */
  async run(helohost: Bytes): Promise<Bytes> {
    try {
      const verdict = await this.#talk(helohost)
      this.#reports += verdict
      await this.#connection.close('QUIT\r\n')
    } catch (error) {
      this.#connection.abort()
      this.#reports += this.#failure(error)
    }
    return this.#reports
  }

  #failure(error: unknown): Bytes {
    if (error instanceof ConnectionDied) return diedReport(this.#ip, this.#isDotSent)
    if (error instanceof PartialLine) return partialLineReport
    return localReport(error instanceof Unreadable ? `Unable to read message: ${error.message}` : `Trouble in qmail-remote: ${reason(error)}`)
  }

  /** The steps up to the message report, which is the result (spec network.md 6.4; the texts: 6.1). Throws ConnectionDied and trouble with the message. */
  async #talk(helohost: Bytes): Promise<Bytes> {
    const { sender } = this.#delivery
    const at = `Connected to ${this.#ip} but`
    const greeting = await readReply(this.#connection)
    if (greeting.code !== 220) return report('Z', `${at} greeting failed.\n`, greeting)
    const helo = await this.#ask(`HELO ${helohost}`)
    if (helo.code !== 250) return report('Z', `${at} my name was rejected.\n`, helo)
    const mail = await this.#ask(`MAIL FROM:${pathOf(sender)}`)
    if (isRefusal(mail)) return report(isPermanent(mail) ? 'D' : 'Z', `${at} sender was rejected.\n`, mail)
    if (!(await this.#offerRecipients())) return report('D', `Giving up on ${this.#ip}.\n`)
    const data = await this.#ask('DATA')
    if (isRefusal(data)) return report(isPermanent(data) ? 'D' : 'Z', `${this.#ip} failed on DATA command.\n`, data)
    await this.#sendMessage()
    const verdict = await readReply(this.#connection)
    this.#isDotSent = false
    if (isRefusal(verdict)) return report(isPermanent(verdict) ? 'D' : 'Z', `${this.#ip} failed after I sent the message.\n`, verdict)
    return report('K', `${this.#ip} accepted message.\n`, verdict)
  }

  async #ask(command: Bytes): Promise<Reply> {
    await this.#connection.write(`${command}\r\n`)
    return readReply(this.#connection)
  }

  /** Names the recipients, one after another; true when at least one was accepted. */
  async #offerRecipients(): Promise<boolean> {
    let isAnyAccepted = false
    for (const recipient of this.#delivery.recipients) {
      if (hasLineEnd(recipient)) {
        this.#reports += badRecipientReport
        continue
      }
      const reply = await this.#ask(`RCPT TO:${pathOf(recipient)}`)
      if (isRefusal(reply)) this.#reports += report(isPermanent(reply) ? 'h' : 's', `${this.#ip} does not like recipient.\n`, reply)
      else {
        this.#reports += report('r')
        isAnyAccepted = true
      }
    }
    return isAnyAccepted
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
    let length: number
    try {
      length = readFd(this.#delivery.fd, readBuffer)
    } catch (error) {
      throw new Unreadable(reason(error))
    }
    return length === 0 ? undefined : encoder.push(readBuffer.subarray(0, length))
  }
}

/** Delivers over a connection just made; the result is all reports. Ends the connection. */
export const converse = (connection: Connection, ip: string, delivery: Delivery, helohost: Bytes): Promise<Bytes> =>
  new Conversation(connection, ip, delivery).run(helohost)
