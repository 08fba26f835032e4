import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import type { Message } from '../os/message.ts'
import { after, submitWhole } from '../submit/whole.ts'
import type { Plan } from './plan.ts'

/**
 * Puts the message back into the queue, with our Delivered-To line, for these recipients (spec local-delivery.md 3.11). Returns the
 * `qp` line of the report. Temporary or Permanent as the queue program says.
 */
export const forwardMessage = async (home: string, env: Env, plan: Plan, message: Message, recipients: readonly Bytes[]): Promise<Bytes> => {
  const whole = { pieces: after(plan.lines.deliveredTo, message.chunks()), sender: plan.newSender, recipients }
  return `qp ${await submitWhole({ home, env }, whole, (text) => `Unable to forward message: ${text}.`)}\n`
}
