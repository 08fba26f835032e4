const LF = 0x0a
const CR = 0x0d
const DOT = 0x2e

/** What of the present line has been read and is not decided on yet. */
type Place = 'lineStart' | 'middle' | 'afterDot' | 'afterDotCr' | 'afterCr'

/** What a chunk came to: `more` is wanted, the message is `done`, or there was a LF without CR (spec network.md 4.5). */
export type BodyStatus = 'more' | 'done' | 'bareLf'

/**
 * Decodes a DATA body, chunk by chunk: CRLF to LF, dots at line starts off, the lone dot ends it. CRs that no LF follows stay.
 * It works in place: what it hands on are parts of the chunks it was given. Lines are found and moved whole, not byte by byte.
 */
export class BodyDecoder {
  /** How many bytes have been decoded. */
  bytes = 0
  /** How many bytes of the last chunk belonged to the body. */
  consumed = 0
  #place: Place = 'lineStart'
  #chunk: Buffer = Buffer.alloc(0)
  #put: (piece: Buffer) => void = () => {}
  #from = 0
  #to = 0

  /** Decodes a chunk, overwriting it, and hands the decoded pieces to `put`, which may keep them. */
  push(chunk: Buffer, put: (piece: Buffer) => void): BodyStatus {
    this.#chunk = chunk
    this.#put = put
    this.#from = 0
    this.#to = 0
    let status: BodyStatus = 'more'
    while (status === 'more' && this.#from < chunk.length) status = this.#place === 'middle' ? this.#restOfLine() : this.#byte(chunk[this.#from])
    this.consumed = this.#from
    this.bytes += this.#to
    if (this.#to > 0) put(chunk.subarray(0, this.#to))
    return status
  }

  /** Bytes not decided on turn out to be text. If they came with the last chunk, this one has no room for them; then nothing of it is written yet. */
  #keepHeld(held: string): void {
    this.#place = 'middle'
    const piece = Buffer.from(held, 'latin1')
    if (this.#from - this.#to >= piece.length) {
      for (const byte of piece) this.#add(byte)
      return
    }
    this.bytes += piece.length
    this.#put(piece)
  }

  /** The line's start is behind us: CRs only matter before a LF. */
  #restOfLine(): BodyStatus {
    const lf = this.#chunk.indexOf(LF, this.#from)
    if (lf < 0) {
      const endsInCr = this.#chunk[this.#chunk.length - 1] === CR
      this.#keepTo(this.#chunk.length - (endsInCr ? 1 : 0))
      this.#from = this.#chunk.length
      if (endsInCr) this.#place = 'afterCr'
      return 'more'
    }
    if (lf === this.#from || this.#chunk[lf - 1] !== CR) return 'bareLf'
    this.#keepTo(lf - 1)
    this.#endLine(lf)
    return 'more'
  }

  /** One byte where it matters what it is. */
  #byte(byte: number | undefined): BodyStatus {
    switch (this.#place) {
      case 'lineStart':
        if (byte === DOT) this.#skipTo('afterDot')
        else this.#place = 'middle'
        return 'more'
      case 'afterDot':
        if (byte === CR) this.#skipTo('afterDotCr')
        else this.#place = 'middle'
        return 'more'
      case 'afterDotCr':
        if (byte === LF) {
          this.#from++
          return 'done'
        }
        this.#keepHeld('.\r')
        return 'more'
      default:
        if (byte === LF) this.#endLine(this.#from)
        else this.#keepHeld('\r')
        return 'more'
    }
  }

  #skipTo(place: Place): void {
    this.#from++
    this.#place = place
  }

  #add(byte: number): void {
    this.#chunk[this.#to++] = byte
  }

  /** The LF stands at `lf`. */
  #endLine(lf: number): void {
    this.#add(LF)
    this.#from = lf + 1
    this.#place = 'lineStart'
  }

  #keepTo(end: number): void {
    if (this.#from !== this.#to) this.#chunk.copyWithin(this.#to, this.#from, end)
    this.#to += end - this.#from
    this.#from = end
  }
}
