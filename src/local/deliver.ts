import type { Bytes } from '../core/bytes.ts'
import { Permanent, reason, Temporary } from '../core/failure.ts'
import { countsLine } from '../spawn/local-wire.ts'
import type { Plan } from './plan.ts'

/** How each kind of instruction is carried out. They throw Temporary or Permanent with the text of the report. */
export interface Ways {
  mbox(name: Bytes): void
  maildir(name: Bytes): Promise<void> | void
  /** Returns false when the program says that the rest of the file is not to be looked at. */
  program(command: Bytes): boolean
  /** Hands the message to all of them at once; returns its line of the report. */
  forward(recipients: readonly Bytes[]): Promise<Bytes>
}

/** Lines seen, by kind. */
class Count {
  mbox = 0
  maildir = 0
  program = 0
  forward = 0

  get line(): Bytes {
    return countsLine(this.mbox + this.maildir, this.forward, this.program)
  }
}

/**
 * Carries out a plan, line by line; forwards come last, in one submission, and only if everything else went well (spec
 * local-delivery.md 3.7). Returns the report of a success.
 */
export const carryOut = async ({ instructions }: Plan, ways: Ways): Promise<Bytes> => {
  const count = new Count()
  const recipients: Bytes[] = []
  for (const instruction of instructions) {
    if (instruction.kind === 'refused') throw new Temporary(instruction.text)
    const { kind, argument } = instruction
    count[kind]++
    if (kind === 'mbox') ways.mbox(argument)
    else if (kind === 'maildir') await ways.maildir(argument)
    else if (kind === 'forward') recipients.push(argument)
    else if (!ways.program(argument)) break
  }
  return count.line + (recipients.length === 0 ? '' : await ways.forward(recipients))
}

/** What `-n` prints: one line per instruction, then the counts. */
export const describe = ({ instructions }: Plan, say: (line: Bytes) => void): void => {
  const count = new Count()
  for (const instruction of instructions) {
    if (instruction.kind === 'refused') throw new Temporary(instruction.text)
    count[instruction.kind]++
    say(`${instruction.kind} ${instruction.argument}\n`)
  }
  say(count.line)
}

/** The text of a failed delivery's report, with its LF; empty when a program has said it all. */
export const reportOf = (error: unknown): Bytes => {
  const text = error instanceof Temporary || error instanceof Permanent ? error.message : `${reason(error)}. (#4.3.0)`
  return text === '' ? '' : `${text}\n`
}
