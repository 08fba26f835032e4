import { type Bytes, toBuffer } from '../../core/bytes.ts'
import { dateMime } from '../../format/date822.ts'
import { diagnose } from '../../format/enhanced-status.ts'
import { splitPath } from '../../queue/paths.ts'
import { withoutPrepend } from '../../queue/rewrite.ts'
import type { Submission } from '../../submit/submission.ts'
import type { SendSettings } from '../settings.ts'
import type { Deferral } from './delays.ts'
import { copyHeader } from './original.ts'
import { newBoundary, originalOpening, recipientStatus, reportEnd, reportOpening, statusOpening } from './report.ts'
import { type Bounce, noticeHeader, paragraph, returnPathLine } from './text.ts'

/** A message that is late, and whom it has not reached. */
export interface Delayed {
  id: number
  /** When it was taken up, in Unix seconds. */
  birth: number
  /** Whom the warning goes to: as a bounce would. */
  bounce: Bounce
  recipients: { address: Bytes; deferral: Deferral | undefined }[]
}

/** Unlike a bounce's words, so that nobody takes it for one. */
const introduction = (host: Bytes, untilMs: number): Bytes =>
  `This is only a warning, from the qmail-send program at ${host}.
Your message could not be delivered to the addresses listed here yet. You
need not send it again: I will keep trying until ${dateMime(untilMs)}.

`

/** Writes a delay warning (spec modern.md 5.7): always multipart/report, with the message's header. Rejects with system errors of reading. */
export const writeDelay = async (to: Submission, { id, birth, bounce, recipients }: Delayed, settings: SendSettings): Promise<void> => {
  const say = async (text: Bytes): Promise<void> => to.write(toBuffer(text))
  const name = (address: Bytes): Bytes => withoutPrepend(address, settings.routing.virtualdomains)
  const boundary = newBoundary()
  const untilMs = (birth + settings.lifetimeSeconds) * 1000
  const { fields, begin } = reportOpening(boundary, settings.bouncehost)
  await say(noticeHeader(bounce.recipient, 'delay notice', settings, Date.now(), fields) + begin + introduction(settings.bouncehost, untilMs))
  for (const { address, deferral } of recipients) await say(paragraph(name(address), deferral?.text ?? ''))
  await say(statusOpening(boundary, { host: settings.bouncehost, arrivedMs: birth * 1000 }))
  for (const { address, deferral } of recipients) {
    await say(recipientStatus({ recipient: name(address), action: 'delayed', ...diagnose(deferral?.text ?? '', '4'), lastMs: deferral?.atMs, untilMs }))
  }
  await say(originalOpening(boundary, false) + returnPathLine(bounce.returnPath))
  await copyHeader(splitPath('mess', id), to)
  await say(reportEnd(boundary))
}
