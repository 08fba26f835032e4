import { Permanent } from '../core/failure.ts'

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

/** The message ends within a line: SMTP has no way to say that. */
export class PartialLine extends Permanent {}

/**
 * Turns a stored message into what follows DATA. CR, CRLF and LF each are one line end and become CRLF, so that no bare CR or LF ever
 * goes out, and a dot after every line end we emit is doubled: nothing inside a message can end it (spec network.md 6.4).
 */
export class BodyEncoder {
  #atLineStart = true
  #afterCr = false

  /** The next bytes on the wire; they may wait for the ones after them. The chunk may be reused afterwards. */
  push(chunk: Uint8Array): Buffer {
    const out = Buffer.allocUnsafe(chunk.length * 2 + 2)
    let at = 0
    let atLineStart = this.#atLineStart
    let afterCr = this.#afterCr
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number
      if (byte === LF && afterCr) {
        afterCr = false
        continue
      }
      afterCr = byte === CR
      if (byte === LF || afterCr) {
        out[at++] = CR
        out[at++] = LF
        atLineStart = true
        continue
      }
      if (atLineStart && byte === DOT) out[at++] = DOT
      out[at++] = byte
      atLineStart = false
    }
    this.#atLineStart = atLineStart
    this.#afterCr = afterCr
    return out.subarray(0, at)
  }

  /** What ends the message. Throws PartialLine. */
  finish(): Buffer {
    if (!this.#atLineStart) throw new PartialLine('partial last line')
    return Buffer.from('.\r\n')
  }
}
