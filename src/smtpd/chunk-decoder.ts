import type { BodyStatus } from './body.ts'

const LF = 0x0a
const CR = 0x0d
const LF_BYTES = Buffer.of(LF)
const CR_BYTES = Buffer.of(CR)

/**
 * Decodes the chunks of BDAT (RFC 3030): CRLF to LF, and nothing else; a lone LF is one, a lone CR stays, no line begins with a dot that counts. It hands on parts of the
 * chunks it was given.
 */
export class ChunkDecoder {
  /** All of a chunk always is the body's. */
  consumed = 0
  #hasCr = false
  #isLineOpen = false

  push(chunk: Buffer, put: (piece: Buffer) => void): BodyStatus {
    this.consumed = chunk.length
    if (chunk.length === 0) return 'more'
    if (this.#hasCr && chunk[0] !== LF) put(CR_BYTES)
    this.#hasCr = chunk[chunk.length - 1] === CR
    const end = this.#hasCr ? chunk.length - 1 : chunk.length
    let from = 0
    for (let cr = chunk.indexOf(CR); cr >= 0 && cr < end; cr = chunk.indexOf(CR, cr + 1)) {
      if (chunk[cr + 1] !== LF) continue
      if (cr > from) put(chunk.subarray(from, cr))
      from = cr + 1
    }
    if (end > from) put(chunk.subarray(from, end))
    this.#isLineOpen = this.#hasCr || chunk[chunk.length - 1] !== LF
    return 'more'
  }

  /** No more chunks: a last line without an end gets one. */
  end(put: (piece: Buffer) => void): void {
    if (this.#hasCr) put(CR_BYTES)
    if (this.#isLineOpen) put(LF_BYTES)
    this.#hasCr = false
    this.#isLineOpen = false
  }
}
