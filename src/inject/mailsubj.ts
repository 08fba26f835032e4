import { toBuffer } from '../core/bytes.ts'
import { Usage } from '../core/failure.ts'
import type { Context } from '../core/run.ts'
import { messageOn } from './message-source.ts'
import { throughInject } from './through-inject.ts'

const BODY_FD = 0

/** mailsubj: a message with this subject to these recipients, by way of qmail-inject (spec injection-admin.md 4). Gives back its exit code; throws Usage, Temporary. */
export const mailsubj = (context: Context): Promise<number> => {
  const [subject, ...recipients] = context.args
  if (subject === undefined) throw new Usage('mailsubj: usage: mailsubj subject recipient ...')
  const message = function* (): Generator<Buffer> {
    yield toBuffer(`Subject: ${subject}\nTo: ${recipients.join(' ')}\n\n`)
    yield* messageOn(BODY_FD)
  }
  return throughInject({ ...context, args: [] }, message())
}
