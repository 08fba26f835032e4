import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import type { Message } from '../os/message.ts'
import { type Forwarding, forwardedNotes } from '../queue/forwarded-notes.ts'
import { FORWARDED_FIELD, LISTED_FIELD } from '../spawn/local-wire.ts'
import { after, submitWhole } from '../submit/whole.ts'
import { recipientOf } from './job.ts'
import type { Plan } from './plan.ts'

/** What forwarding means to whoever asked to hear of success. */
const forwardingOf = ({ job, newSender, instructions }: Plan): Forwarding => {
  if (newSender !== job.sender) return 'list'
  return instructions.length === 1 ? 'alias' : 'copy'
}

/** What qmail-lspawn is told behind the report: who tells of success, if not whoever reads the report. */
const FIELDS: Record<Forwarding, Bytes> = { alias: `\0${FORWARDED_FIELD}\0`, copy: '', list: `\0${LISTED_FIELD}\0` }

/**
 * Puts the message back into the queue, with our Delivered-To line, for these recipients (spec local-delivery.md 3.11). Returns the
 * `qp` line of the report, and behind it, if there are notes, what became of them. Temporary or Permanent as the queue program says.
 */
export const forwardMessage = async (home: string, env: Env, plan: Plan, message: Message, recipients: readonly Bytes[]): Promise<Bytes> => {
  const { job, lines, newSender } = plan
  const forwarding = forwardingOf(plan)
  const notes = job.notes && forwardedNotes(job.notes, recipientOf(job), forwarding, recipients.length)
  const whole = { pieces: after(lines.deliveredTo, message.chunks()), sender: newSender, recipients, notes }
  const qp = await submitWhole({ home, env }, whole, (text) => `Unable to forward message: ${text}.`)
  return `qp ${qp}\n${job.notes === undefined ? '' : FIELDS[forwarding]}`
}
