import { type Bytes, toBuffer } from '../../core/bytes.ts'
import { chunks, writeFd } from '../../core/fdio.ts'

/** Puts questions on one descriptor and reads answers, a line each, from another. */
export class Questions {
  readonly #input: Iterator<Buffer>
  readonly #out: number
  #text = ''

  constructor(fds: { in: number; out: number }) {
    this.#input = chunks(fds.in)
    this.#out = fds.out
  }

  /** The next line; undefined at the end of the input. */
  #line(): Bytes | undefined {
    for (let end = this.#text.indexOf('\n'); ; end = this.#text.indexOf('\n')) {
      if (end >= 0) {
        const line = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 1)
        return line.trim()
      }
      const next = this.#input.next()
      if (next.done === true) return undefined
      this.#text += next.value.toString('latin1')
    }
  }

  /** The answer, or `usual` when it is an empty line, or none. */
  ask(question: string, usual: Bytes): Bytes {
    writeFd(this.#out, toBuffer(`${question}${usual === '' ? '' : ` [${usual}]`}: `))
    return this.#line() || usual
  }

  /** Only y or yes is yes. */
  confirm(question: string): boolean {
    writeFd(this.#out, toBuffer(`${question} [y/N]: `))
    return /^y(es)?$/i.test(this.#line() ?? '')
  }
}
