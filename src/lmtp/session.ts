import type { Bytes } from '../core/bytes.ts'
import { Permanent, Temporary } from '../core/failure.ts'
import { quoteAddress } from '../format/quote.ts'
import { BodyEncoder } from '../format/smtp-body.ts'
import type { Connection } from '../net/client.ts'
import { type Reply, readReply } from '../net/client-reply.ts'

/** One message for one recipient. */
export interface Parcel {
  myName: Bytes
  sender: Bytes
  recipient: Bytes
  /** The message's bytes. */
  pieces: Iterable<Buffer>
}

const LF = Buffer.from('\n')

const said = ({ text }: Reply): Bytes => text.trim().replaceAll('\n', ' / ')

/** Goes on unless the server refused: then it is Permanent or Temporary, with what it said. */
const agreed = (reply: Reply, to: string): Reply => {
  if (reply.code >= 200 && reply.code < 400) return reply
  const words = `LMTP server refused ${to}: ${said(reply)}`
  throw reply.code >= 500 && reply.code < 600 ? new Permanent(words) : new Temporary(words)
}

const ask = async (connection: Connection, command: Bytes, what: string): Promise<Reply> => {
  if (/[\r\n\0]/.test(command)) throw new Permanent(`${what} holds a line end`)
  await connection.write(`${command}\r\n`)
  return agreed(await readReply(connection), what)
}

/** The message and the lone dot. A partial last line gets its end: LMTP cannot say that it has none. */
const send = async (connection: Connection, pieces: Iterable<Buffer>): Promise<void> => {
  const encoder = new BodyEncoder()
  let last: Buffer = LF
  for (const piece of pieces) {
    if (piece.length === 0) continue
    last = piece.subarray(-1)
    await connection.write(encoder.push(piece))
  }
  if (last[0] !== LF[0] && last[0] !== 0x0d) await connection.write(encoder.push(LF))
  await connection.write(encoder.finish())
}

/**
 * Delivers a message in one LMTP session (RFC 2033) over a fresh connection; what the server said of it. Permanent or Temporary as it
 * refuses; ConnectionDied when it goes away: whether the message was taken is then unknown, and it is tried again.
 */
export const deliverByLmtp = async (connection: Connection, { myName, sender, recipient, pieces }: Parcel): Promise<Bytes> => {
  agreed(await readReply(connection), 'the connection')
  const hello = await ask(connection, `LHLO ${myName}`, 'LHLO')
  const eightBit = /^250[- ]8BITMIME\b/im.test(hello.text) ? ' BODY=8BITMIME' : ''
  await ask(connection, `MAIL FROM:<${quoteAddress(sender)}>${eightBit}`, 'the sender')
  await ask(connection, `RCPT TO:<${quoteAddress(recipient)}>`, 'the recipient')
  await ask(connection, 'DATA', 'DATA')
  await send(connection, pieces)
  const verdict = agreed(await readReply(connection), 'the message')
  await connection.close('QUIT\r\n')
  return said(verdict)
}
