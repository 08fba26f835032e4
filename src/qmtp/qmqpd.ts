import type { Bytes } from '../core/bytes.ts'
import { Permanent } from '../core/failure.ts'
import { Share } from '../serve/budget.ts'
import { peerOf, receivedField } from '../serve/received.ts'
import type { ByteReader } from './reader.ts'
import { ADDRESS_LIMIT, budget, type Connection, converse, MAX_RECIPIENTS, Message, NO_MEMORY, TOO_MANY } from './serve.ts'

/** The request's own length stands within so many bytes. */
const MAX_HEAD_BYTES = 100
const BAD_ADDRESS = "Dsorry, I can't accept addresses like that (#5.1.3)"

/** Reads netstrings within a netstring, of which so many bytes are left. */
class Inner {
  readonly #reader: ByteReader
  left: number

  constructor(reader: ByteReader, bytes: number) {
    this.#reader = reader
    this.left = bytes
  }

  /** The length of the next one, which has to fit. */
  async length(): Promise<number> {
    const { length, used } = await this.#reader.length(this.left)
    this.left -= used + length + 1
    if (this.left < 0) throw new Permanent('a netstring longer than what it is in')
    return length
  }

  /** The next one as an address; undefined: there is none like that. */
  async address(): Promise<Bytes | undefined> {
    const text = await this.#reader.text(await this.length(), ADDRESS_LIMIT)
    await this.#reader.comma()
    return text
  }
}

const copyBody = async (reader: ByteReader, message: Message, length: number): Promise<void> => {
  for (let left = length; left > 0; ) {
    const part = await reader.upTo(left)
    left -= part.length
    await message.write(part)
  }
  await reader.comma()
}

/** The addresses, and what is wrong with them for the whole request. */
const readEnvelope = async (inner: Inner, share: Share): Promise<{ sender: Bytes; recipients: Bytes[]; refusal: Bytes | undefined }> => {
  const sender = await inner.address()
  let refusal = sender === undefined ? BAD_ADDRESS : undefined
  const recipients: Bytes[] = []
  while (inner.left > 0) {
    const recipient = await inner.address()
    if (recipient === undefined) refusal = BAD_ADDRESS
    else if (recipients.length >= MAX_RECIPIENTS) refusal ??= TOO_MANY
    else if (!share.takeRecipient(recipient)) refusal ??= NO_MEMORY
    else recipients.push(recipient)
  }
  return { sender: sender ?? '', recipients, refusal }
}

/** Serves one QMQP connection, which is one request (spec network.md 5.2). Resolves with the exit code; never fails. */
export const serveQmqp = (connection: Connection): Promise<number> =>
  converse(connection, async ({ reader, answer }) => {
    const share = new Share(budget)
    const inner = new Inner(reader, (await reader.length(MAX_HEAD_BYTES)).length)
    const bodyBytes = await inner.length()
    const message = await Message.begin(connection.open, receivedField(peerOf(connection.env), undefined, 'QMQP', Date.now()))
    try {
      await copyBody(reader, message, bodyBytes)
      const { sender, recipients, refusal } = await readEnvelope(inner, share)
      await reader.comma()
      await answer([refusal ?? (await message.finish(sender, recipients))])
    } finally {
      share.release()
      await message.abort()
    }
  })
