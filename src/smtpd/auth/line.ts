import type { Bytes } from '../../core/bytes.ts'
import { type Dialogue, GO_ON, type Intake, NEED_MORE, type Step } from '../dialogue.ts'

const LF = 0x0a
const CR_BYTES = 1
/** A longer line, its end apart, is none (RFC 4954 4; spec modern.md 2.3). */
export const MAX_AUTH_LINE_BYTES = 12_288
/** So much of one that is too long is passed over. */
const MAX_PASSED_BYTES = 65_536

export const LINE_TOO_LONG = '500 auth line too long (#5.5.6)'

/** Takes one line of the client in the course of an exchange. What it has not got to the end of stays with the session, which counts it. */
export class AuthLine implements Intake {
  consumed = 0
  readonly #dialogue: Dialogue
  readonly #take: (line: Bytes) => Promise<void> | undefined
  #passed = 0

  /** `take` gets the line without its end, when the dialogue's commands have their turn again. */
  constructor(dialogue: Dialogue, take: (line: Bytes) => Promise<void> | undefined) {
    this.#dialogue = dialogue
    this.#take = take
  }

  take(bytes: Buffer): Step {
    const end = bytes.indexOf(LF)
    const length = end < 0 ? bytes.length : end
    this.consumed = end < 0 ? 0 : end + 1
    if (this.#passed > 0 || length > MAX_AUTH_LINE_BYTES + CR_BYTES) return this.#passOver(bytes, end)
    if (end < 0) return NEED_MORE
    this.#dialogue.listen(undefined)
    return this.#take(bytes.toString('latin1', 0, end).replace(/\r$/, '')) ?? GO_ON
  }

  async abort(): Promise<void> {}

  #passOver(bytes: Buffer, end: number): Step {
    this.consumed = end < 0 ? bytes.length : end + 1
    this.#passed += this.consumed
    if (this.#passed > MAX_PASSED_BYTES) return this.#dialogue.fail(LINE_TOO_LONG)
    if (end < 0) return GO_ON
    this.#dialogue.listen(undefined)
    this.#dialogue.say(LINE_TOO_LONG)
    return GO_ON
  }
}
