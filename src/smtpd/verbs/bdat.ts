import type { Bytes } from '../../core/bytes.ts'
import type { Submission } from '../../submit/submission.ts'
import { ChunkedMessage } from '../chunked.ts'
import { type Dialogue, GO_ON, type Intake, NO_MEMORY, type Step, type Verb } from '../dialogue.ts'
import { hasChunking } from '../extensions.ts'
import { BODY_BYTES, factsOf } from '../message.ts'
import type { Chunks } from '../state.ts'
import { TOO_BIG } from '../transfer.ts'
import { unimplemented } from './plain.ts'

const MAX_CHUNK_BYTES = 0x7fffffff

/** The bytes of one chunk: never commands, whatever becomes of them. */
class ChunkIntake implements Intake {
  consumed = 0
  #left: number
  readonly #take: (piece: Buffer) => Promise<void> | undefined
  readonly #done: () => Promise<void> | undefined

  constructor(bytes: number, take: (piece: Buffer) => Promise<void> | undefined, done: () => Promise<void> | undefined) {
    this.#left = bytes
    this.#take = take
    this.#done = done
  }

  take(bytes: Buffer): Step {
    this.consumed = Math.min(bytes.length, this.#left)
    this.#left -= this.consumed
    const wait = this.#take(bytes.subarray(0, this.consumed))
    if (this.#left > 0) return wait ?? GO_ON
    return (wait ? wait.then(() => this.#done()) : this.#done()) ?? GO_ON
  }

  /** The message is the transaction's, and goes with it. */
  async abort(): Promise<void> {}
}

/** Hears a chunk of so many bytes, which may be none, to its end. */
const hear = (dialogue: Dialogue, bytes: number, take: (piece: Buffer) => Promise<void> | undefined, done: () => Promise<void> | undefined) => {
  const end = (): Promise<void> | undefined => {
    dialogue.listen(undefined)
    return done()
  }
  if (bytes === 0) return end()
  dialogue.listen(new ChunkIntake(bytes, take, end))
  return undefined
}

/** A chunk that nobody wants is passed over, and answered then. */
const passOver = (dialogue: Dialogue, bytes: number, reply: Bytes): Promise<void> | undefined =>
  hear(
    dialogue,
    bytes,
    () => undefined,
    () => dialogue.say(reply)
  )

/** What came of the message so far is given up; further chunks are out of order, until a new transaction. */
const giveUp = (dialogue: Dialogue, bytes: number, reply: Bytes): Promise<void> | undefined => {
  dialogue.state.dropChunks()
  return passOver(dialogue, bytes, reply)
}

const takeChunk = (dialogue: Dialogue, chunks: Chunks, bytes: number, isLast: boolean): Promise<void> | undefined =>
  hear(
    dialogue,
    bytes,
    (piece) => chunks.push(piece),
    () => {
      if (dialogue.exit !== undefined) return undefined
      if (chunks.isTooBig) return giveUp(dialogue, 0, TOO_BIG)
      return isLast ? chunks.conclude() : dialogue.say(`250 ok, ${bytes} bytes`)
    }
  )

const openFor = (dialogue: Dialogue, submission: Submission, bytes: number, isLast: boolean): Promise<void> | undefined => {
  if (dialogue.exit !== undefined) return submission.abort()
  const chunks = new ChunkedMessage(dialogue, submission)
  dialogue.state.chunks = chunks
  return takeChunk(dialogue, chunks, bytes, isLast)
}

const NO_QUEUE = '451 qqt failure (#4.3.0)'

const begin = (dialogue: Dialogue, bytes: number, isLast: boolean): Promise<void> | undefined => {
  if (!dialogue.state.reserve(BODY_BYTES)) return giveUp(dialogue, bytes, NO_MEMORY)
  try {
    const opened = dialogue.options.open(() => factsOf(dialogue))
    if (!(opened instanceof Promise)) return openFor(dialogue, opened, bytes, isLast)
    return opened.then(
      (submission) => openFor(dialogue, submission, bytes, isLast),
      () => giveUp(dialogue, bytes, NO_QUEUE)
    )
  } catch {
    return giveUp(dialogue, bytes, NO_QUEUE)
  }
}

/** Why a chunk is out of order, as a reply; undefined: it is not. */
const disorder = ({ state }: Dialogue): Bytes | undefined => {
  if (state.sender === undefined) return '503 MAIL first (#5.5.1)'
  if (state.recipients.length === 0) return '503 RCPT first (#5.5.1)'
  return state.chunks === 'dropped' ? '503 the message is refused already (#5.5.1)' : undefined
}

/** BDAT (RFC 3030; spec modern.md 5.3). */
export const bdat: Verb = (dialogue, argument) => {
  if (!hasChunking(dialogue)) return unimplemented(dialogue, argument)
  const [, digits, last] = /^([0-9]{1,10})( +LAST)? *$/i.exec(argument) ?? []
  const bytes = Number(digits ?? Number.POSITIVE_INFINITY)
  if (bytes > MAX_CHUNK_BYTES) return dialogue.say('501 malformed chunk size (#5.5.4)')
  const reply = disorder(dialogue)
  if (reply !== undefined) return passOver(dialogue, bytes, reply)
  const { chunks } = dialogue.state
  return chunks === undefined || chunks === 'dropped' ? begin(dialogue, bytes, last !== undefined) : takeChunk(dialogue, chunks, bytes, last !== undefined)
}
