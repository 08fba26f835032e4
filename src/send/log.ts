import type { Bytes } from '../core/bytes.ts'
import { writeFd } from '../core/fdio.ts'

/** Text from outside as it stands in the log: LF as `/`; control characters, blanks, `%` and everything over 126 as `_` (spec queue.md 6). */
export const masked = (text: Bytes): Bytes => text.replace(/\n/g, '/').replace(/[^!-$&-~]/g, '_')

/** The log: lines are collected, and written in one go when the loop has done its turn. */
export class Log {
  readonly #fd: number
  #lines = ''

  constructor(fd: number) {
    this.#fd = fd
  }

  line(text: Bytes): void {
    this.#lines += `${text}\n`
  }

  /** Writes what was collected. A reader that has gone is no reason to stop delivering mail. */
  flush(): void {
    if (this.#lines === '') return
    const lines = this.#lines
    this.#lines = ''
    try {
      writeFd(this.#fd, lines)
    } catch {
      // nobody is left to tell
    }
  }
}
