import type { Bytes } from '../core/bytes.ts'
import { Permanent, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { verdict } from '../queue/codes.ts'
import type { Submission } from '../submit/submission.ts'
import { submit } from '../submit/submit.ts'
import type { Message } from './message.ts'
import type { Plan } from './plan.ts'

const handOver = async (submission: Submission, plan: Plan, message: Message): Promise<void> => {
  try {
    await submission.write(Buffer.from(plan.lines.deliveredTo, 'latin1'))
    for (const chunk of message.chunks()) await submission.write(chunk)
  } catch (error) {
    await submission.abort()
    throw error
  }
}

/**
 * Puts the message back into the queue, with our Delivered-To line, for these recipients (spec local-delivery.md 3.11). Returns the
 * `qp` line of the report. Temporary or Permanent as the queue program says.
 */
export const forwardMessage = async (home: string, env: Env, plan: Plan, message: Message, recipients: readonly Bytes[]): Promise<Bytes> => {
  const submission = await submit({ home, env })
  await handOver(submission, plan, message)
  const result = await submission.finish(plan.newSender, recipients)
  const answer = verdict(result)
  if (answer.kind === 'ok') return `qp ${result.qp}\n`
  const text = `Unable to forward message: ${answer.text}.`
  throw answer.kind === 'permanent' ? new Permanent(text) : new Temporary(text)
}
