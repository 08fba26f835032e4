import { writeFd } from '../core/fdio.ts'

/** Small pieces are gathered up to this size; a small message costs one write. */
const HOLD_BYTES = 65_536

/** Gathers small pieces and writes them to a descriptor in large ones. The pieces must not be changed after they are added. */
export class FileOut {
  readonly #fd: number
  #held: Buffer[] = []
  #heldBytes = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** Throws system errors, of earlier pieces too. */
  add(piece: Buffer): void {
    this.#held.push(piece)
    this.#heldBytes += piece.length
    if (this.#heldBytes >= HOLD_BYTES) this.flush()
  }

  /** Writes what is held. Throws system errors. */
  flush(): void {
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    if (held.length === 1 && held[0]) writeFd(this.#fd, held[0])
    else if (held.length > 1) writeFd(this.#fd, Buffer.concat(held))
  }
}
