import { SLAB_BYTES, type Slab, takeSlab } from './slab.ts'

/** What is to be written in one piece; `slab`: what it lies in, to be given back when it has been written. */
export interface Piece {
  bytes: Buffer
  slab?: Slab
}

const inOwnMemory = ({ bytes, slab }: Piece): Piece => {
  if (slab === undefined) return { bytes }
  const copy = Buffer.from(bytes)
  slab.giveBack()
  return { bytes: copy }
}

/** Gathers what is to be written: neighbours come into one piece, unless they are large. */
export class Outgoing {
  #pieces: Piece[] = []
  #slab: Slab | undefined
  #used = 0

  get isEmpty(): boolean {
    return this.#pieces.length === 0 && this.#slab === undefined
  }

  /** Less than SLAB_BYTES are copied: the memory is the caller's again. More must stay as they are until they have been written. */
  add(bytes: Buffer): void {
    if (bytes.length >= SLAB_BYTES) {
      this.#closeSlab()
      this.#pieces.push({ bytes })
      return
    }
    if (this.#used + bytes.length > SLAB_BYTES) this.#closeSlab()
    this.#slab ??= takeSlab()
    this.#used += bytes.copy(this.#slab.bytes, this.#used)
  }

  /** All there is, in order; then it is empty. `isToWait`: what was written before has not gone yet; then nothing keeps a whole slab. */
  take(isToWait: boolean): Piece[] {
    this.#closeSlab()
    const pieces = this.#pieces
    this.#pieces = []
    return isToWait ? pieces.map(inOwnMemory) : pieces
  }

  #closeSlab(): void {
    if (this.#slab !== undefined) this.#pieces.push({ bytes: this.#slab.bytes.subarray(0, this.#used), slab: this.#slab })
    this.#slab = undefined
    this.#used = 0
  }
}
