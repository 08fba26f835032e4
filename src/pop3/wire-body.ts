const LF = 0x0a
const DOT = 0x2e
const CRLF = Buffer.from('\r\n')
const DOT_BYTE = Buffer.from('.')
/** The extra empty line, and the dot that ends it all. */
const END = Buffer.from('\r\n.\r\n')

/**
 * A stored message as RETR and TOP send it (spec network.md 8.3): LF becomes CRLF, a leading dot is doubled, a last line gets its end, an empty line
 * follows. With `bodyLines` it stops after so many lines of the body.
 */
export class WireBody {
  /** Set when nothing more of the message is wanted. */
  isOver = false
  #left: number
  #inHeader = true
  #atLineStart = true

  constructor(bodyLines: number | undefined) {
    this.#left = bodyLines ?? Number.POSITIVE_INFINITY
  }

  push(chunk: Buffer): Buffer {
    const parts: Buffer[] = []
    for (let at = 0; at < chunk.length && !this.isOver; ) {
      const lf = chunk.indexOf(LF, at)
      const end = lf < 0 ? chunk.length : lf
      const isEmpty = this.#atLineStart && lf === at
      if (this.#atLineStart && chunk[at] === DOT) parts.push(DOT_BYTE)
      if (end > at) parts.push(chunk.subarray(at, end))
      this.#atLineStart = lf >= 0
      if (lf >= 0) {
        parts.push(CRLF)
        this.#endLine(isEmpty)
      }
      at = end + 1
    }
    return Buffer.concat(parts)
  }

  end(): Buffer {
    return this.#atLineStart ? END : Buffer.concat([CRLF, END])
  }

  #endLine(isEmpty: boolean): void {
    if (!this.#inHeader) this.#left--
    else if (isEmpty) this.#inHeader = false
    this.isOver = !this.#inHeader && this.#left <= 0
  }
}
