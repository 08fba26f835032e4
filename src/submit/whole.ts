import { type Bytes, toBuffer } from '../core/bytes.ts'
import { Permanent, Temporary } from '../core/failure.ts'
import { verdict } from '../queue/codes.ts'
import type { NotesText } from '../queue/notes.ts'
import type { Submitter } from './submission.ts'
import { submit } from './submit.ts'

/** What goes into the queue at once: the message's bytes in pieces, and the envelope. */
export interface Whole {
  pieces: Iterable<Buffer>
  sender: Bytes
  recipients: readonly Bytes[]
  notes?: NotesText | undefined
}

/**
 * Puts one whole message into the queue; the number to print as `qp`. Permanent or Temporary as the queue says, its text put into
 * words by `wording`. When a piece cannot be had the submission is given up, and what the pieces threw is thrown.
 */
export const submitWhole = async (from: Submitter, { pieces, sender, recipients, notes }: Whole, wording = (text: Bytes): Bytes => text): Promise<number> => {
  const submission = await submit(notes === undefined ? from : { ...from, noted: { sender, recipients, notes } })
  try {
    for (const piece of pieces) await submission.write(piece)
  } catch (error) {
    await submission.abort()
    throw error
  }
  const result = await submission.finish(sender, recipients, notes)
  const answer = verdict(result)
  if (answer.kind === 'ok') return result.qp
  throw answer.kind === 'permanent' ? new Permanent(wording(answer.text)) : new Temporary(wording(answer.text))
}

/** A message with a line of ours, given with its LF, before it. */
export function* after(line: Bytes, message: Iterable<Buffer>): Generator<Buffer> {
  yield toBuffer(line)
  yield* message
}
