import { HEADER_BYTES, type Kind, NUMBER_BYTES, packHead, packNumbers, pageAt } from '../../log/format.ts'
import type { SegmentFile } from './segments.ts'

/** A message for the log. */
export interface LogMessage {
  number: number
  /** As in todo/. */
  envelope: Buffer
  /** As in mess/, in pieces. */
  message: readonly Buffer[]
  messageBytes: number
}

const seconds = (): number => Math.floor(Date.now() / 1000)

/** What a message takes in the log. */
export const recordBytes = ({ envelope, messageBytes }: LogMessage): number => HEADER_BYTES + envelope.length + messageBytes

/** What the word that so many numbers are done takes. */
export const doneBytes = (count: number): number => HEADER_BYTES + count * NUMBER_BYTES

/**
 * Records that are written together, from where a segment ends (docs/internals.md): first that numbers are done, then messages. `M` comes back with the place of
 * each message, `D` with the numbers.
 */
export class Batch<M extends LogMessage, D extends { number: number }> {
  readonly file: SegmentFile
  /** Where it begins in the segment. */
  readonly at: number
  readonly pieces: Buffer[] = []
  bytes = 0
  readonly messages: { waiting: M; at: number; bytes: number }[] = []
  readonly dones: readonly D[]
  readonly #live: number
  #records = 0

  /** `live`: the oldest epoch with something that is not done. The first page of a segment says which epoch this is. */
  constructor(file: SegmentFile, live: number, dones: readonly D[]) {
    this.file = file
    this.at = file.at
    this.dones = dones
    this.#live = live
    if (file.at === 0) this.#addHead()
    const numbers = packNumbers(dones.map(({ number }) => number))
    if (dones.length > 0) this.#add('done', dones.length, [numbers], numbers.length, 0)
  }

  /** One more message. */
  add(waiting: M): void {
    const { number, envelope, message, messageBytes } = waiting
    const at = this.at + this.bytes
    this.#add('message', number, [envelope, ...message], envelope.length + messageBytes, envelope.length)
    this.messages.push({ waiting, at, bytes: this.at + this.bytes - at })
  }

  #addHead(): void {
    this.#add('head', 0, [], 0, 0)
    const rest = pageAt(this.bytes) - this.bytes
    this.pieces.push(Buffer.alloc(rest))
    this.bytes += rest
  }

  #add(kind: Kind, number: number, payload: readonly Buffer[], payloadBytes: number, envelopeBytes: number): void {
    const { file } = this
    const head = {
      kind,
      nonce: file.nonce,
      epoch: file.epoch,
      live: this.#live,
      sequence: file.sequence++,
      index: this.#records++,
      number,
      payloadBytes,
      envelopeBytes,
      time: seconds()
    }
    this.pieces.push(packHead(head, payload), ...payload)
    this.bytes += HEADER_BYTES + payloadBytes
  }
}
