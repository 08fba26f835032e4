import type { Bytes } from '../core/bytes.ts'
import { Permanent, Temporary } from '../core/failure.ts'
import type { Context } from '../core/run.ts'
import { quoteAddress } from '../format/quote.ts'
import { verdict } from '../queue/codes.ts'
import type { NotesText } from '../queue/notes.ts'

/** A message ready to go; the rest of its body is still in the source. */
export interface Letter {
  sender: Bytes
  recipients: Bytes[]
  header: Bytes
  body: Buffer
}

const LF = 0x0a

/** The body from its first byte on; a last line without an end gets one. A failure to read is Temporary. */
function* bodyChunks(first: Buffer, source: Iterator<Buffer>): Generator<Buffer> {
  let lastByte = LF
  for (let chunk = first; ; ) {
    if (chunk.length > 0) {
      yield chunk
      lastByte = chunk[chunk.length - 1] as number
    }
    const next = source.next()
    if (next.done === true) break
    chunk = next.value
  }
  if (lastByte !== LF) yield Buffer.of(LF)
}

const wholeMessage = function* ({ header, body }: Letter, source: Iterator<Buffer>): Generator<Buffer> {
  yield Buffer.from(header, 'latin1')
  yield* bodyChunks(body, source)
}

/** The envelope as header fields: qmail-inject's, the sender alone, or new-inject's, the whole. */
const envelopeFields = ({ sender, recipients }: Letter, envelope: 'sender' | 'whole'): Bytes =>
  envelope === 'sender'
    ? `Return-Path: <${quoteAddress(sender)}>\n`
    : `Envelope-Sender: <${quoteAddress(sender)}>\nEnvelope-Recipients: ${recipients.map(quoteAddress).join(',\n  ')}\n`

/** Prints the message as it would be queued, the envelope, or of it the sender, in front. */
export const print = (letter: Letter, source: Iterator<Buffer>, envelope: 'sender' | 'whole', write: (data: Buffer) => void): void => {
  write(Buffer.from(envelopeFields(letter, envelope), 'latin1'))
  for (const chunk of wholeMessage(letter, source)) write(chunk)
}

/** Queues the message. Throws Permanent or Temporary in the words of the verdict; after a read error nothing is queued (spec injection-admin.md 2.12). */
export const queue = async (context: Context, letter: Letter, source: Iterator<Buffer>, notes?: NotesText): Promise<void> => {
  const { submit } = await import('../submit/submit.ts')
  const { sender, recipients } = letter
  const submission = await submit({ ...context, isLast: true, noted: notes === undefined ? undefined : { sender, recipients, notes } })
  try {
    for (const chunk of wholeMessage(letter, source)) await submission.write(chunk)
  } catch (error) {
    await submission.abort()
    throw error
  }
  const judged = verdict(await submission.finish(sender, recipients, notes))
  if (judged.kind === 'permanent') throw new Permanent(judged.text)
  if (judged.kind === 'temporary') throw new Temporary(judged.text)
}
