/** Bytes of all messages held in memory at a time; beyond it, messages go into files as they come. */
const MAX_HELD_BYTES = 64 << 20
/** A message that is smaller than this is held whatever the others do: it costs less than its session. */
const ALWAYS_BYTES = 16_384
/** A client may send a byte at a time, and a Buffer is far larger than a byte. */
const MAX_PIECES = 256

let allHeld = 0

/** A message that is held in memory on its way to the commit log, as long as it is small enough and there is room. */
export class Held {
  readonly #maxBytes: number
  readonly messagePieces: Buffer[] = []
  messageBytes = 0
  #envelope: Buffer = Buffer.alloc(0)
  #isFull = false

  /** `maxBytes`: of the message. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The envelope's records so far. */
  get envelopeRecords(): Buffer {
    return this.#envelope
  }

  /** Keeps the next bytes of the message. False: it is too much, and these bytes are not kept. */
  message(chunk: Buffer): boolean {
    const bytes = this.messageBytes + chunk.length
    if (this.#isFull || bytes > this.#maxBytes || (bytes > ALWAYS_BYTES && allHeld + chunk.length > MAX_HELD_BYTES)) {
      this.#isFull = true
      return false
    }
    allHeld += chunk.length
    this.messageBytes = bytes
    this.messagePieces.push(chunk)
    if (this.messagePieces.length > MAX_PIECES) this.messagePieces.splice(0, MAX_PIECES + 1, Buffer.concat(this.messagePieces))
    return true
  }

  /** The same for the envelope's records. */
  envelope(records: Buffer, maxBytes: number): boolean {
    if (this.#isFull || this.#envelope.length + records.length > maxBytes) {
      this.#isFull = true
      return false
    }
    this.#envelope = this.#envelope.length === 0 ? records : Buffer.concat([this.#envelope, records])
    return true
  }

  /** It is held no longer. */
  drop(): void {
    allHeld -= this.messageBytes
    this.messageBytes = 0
    this.messagePieces.length = 0
  }
}
