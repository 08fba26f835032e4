import type { Submission } from '../submit/submission.ts'
import { ChunkDecoder } from './chunk-decoder.ts'
import type { Dialogue } from './dialogue.ts'
import { Message } from './message.ts'
import type { Chunks } from './state.ts'

/** A message that comes in chunks: one after another, until the last. */
export class ChunkedMessage implements Chunks {
  readonly #message: Message
  readonly #decoder = new ChunkDecoder()
  readonly #maxBytes: number

  constructor(dialogue: Dialogue, submission: Submission) {
    this.#message = new Message(dialogue, submission, this.#decoder)
    this.#maxBytes = dialogue.options.maxBytes
  }

  get isTooBig(): boolean {
    return this.#message.transfer.bytes > this.#maxBytes
  }

  /** Takes a piece of a chunk. A promise: wait for it first. */
  push(piece: Buffer): Promise<void> | undefined {
    this.#message.transfer.push(piece)
    return this.#message.transfer.takeWait()
  }

  /** That was the last chunk: says what became of the message. */
  conclude(): Promise<void> {
    this.#message.transfer.end()
    return this.#message.conclude()
  }

  abort(): Promise<void> {
    return this.#message.transfer.abort()
  }
}
