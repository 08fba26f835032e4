import type { Bytes } from '../core/bytes.ts'
import { parseCommand } from './command.ts'
import { type Dialogue, GO_ON, type Intake, NEED_MORE, SessionExit, type SessionOptions, type Step } from './dialogue.ts'
import { State } from './state.ts'
import { verbOf } from './verbs.ts'

const LF = 0x0a
/** A longer command line ends the session. */
const MAX_LINE_BYTES = 65_536
const NOTHING = Buffer.alloc(0)

/**
 * One SMTP session (spec network.md 4): bytes of the client in, replies out. It knows no sockets and no clocks; whoever drives it feeds it chunks,
 * one after the other, and stops when `exit` is set. What a command does stands in verbs/.
 */
export class Session implements Dialogue {
  exit: number | undefined
  readonly options: SessionOptions
  readonly state = new State()
  #input: Buffer = NOTHING
  #at = 0
  #replies = ''
  #intake: Intake | undefined

  constructor(options: SessionOptions) {
    this.options = options
  }

  /** Says hello. */
  greet(): void {
    this.say(`220 ${this.options.settings.greeting} ESMTP`)
    this.#flush()
  }

  /** Takes the next bytes. If a promise comes back, wait for it before feeding more. It never fails. The chunk is the session's from now on. */
  feed(chunk: Buffer): Promise<void> | undefined {
    this.#input = this.#input.length > 0 ? Buffer.concat([this.#input.subarray(this.#at), chunk]) : chunk
    this.#at = 0
    return this.#advance()
  }

  /** The client was silent for too long. */
  timeOut(): Promise<void> {
    return this.fail('451 timeout (#4.4.2)')
  }

  /** The client is gone: what was under way is given up. A queue program that does not end is not waited for. */
  async hangUp(): Promise<void> {
    this.exit ??= SessionExit.other
    void this.#intake?.abort()
    this.#intake = undefined
  }

  say(reply: Bytes): undefined {
    this.#replies += `${reply}\r\n`
  }

  fail(reply: Bytes): Promise<void> {
    this.say(reply)
    this.#flush()
    return this.hangUp()
  }

  listen(intake: Intake | undefined): void {
    this.#intake = intake
  }

  #advance(): Promise<void> | undefined {
    while (this.exit === undefined) {
      const step = this.#intake ? this.#feedIntake(this.#intake) : this.#takeLine()
      if (step === NEED_MORE) {
        if (this.#at === this.#input.length) this.#input = NOTHING
        break
      }
      if (step !== GO_ON) {
        this.#flush()
        return step.then(() => this.#advance())
      }
    }
    this.#flush()
    return undefined
  }

  #feedIntake(intake: Intake): Step {
    if (this.#at === this.#input.length) return NEED_MORE
    const step = intake.take(this.#input.subarray(this.#at))
    this.#at += intake.consumed
    return step
  }

  #takeLine(): Step {
    const end = this.#input.indexOf(LF, this.#at)
    if ((end < 0 ? this.#input.length : end) - this.#at > MAX_LINE_BYTES) return this.fail('500 command line too long (#5.5.2)')
    if (end < 0) return NEED_MORE
    const { verb, argument } = parseCommand(this.#input.toString('latin1', this.#at, end))
    this.#at = end + 1
    return verbOf(verb)(this, argument) ?? GO_ON
  }

  #flush(): void {
    if (this.#replies === '') return
    this.options.write(this.#replies)
    this.#replies = ''
  }
}
