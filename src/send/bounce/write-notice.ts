import { type Bytes, toBuffer } from '../../core/bytes.ts'
import { isUtf8Noted, type NotesText, noteOf, requiresTls } from '../../queue/notes.ts'
import { splitPath } from '../../queue/paths.ts'
import type { Submission } from '../../submit/submission.ts'
import { copyHeader } from './original.ts'
import { newBoundary, originalOpening, type RecipientReport, recipientStatus, reportEnd, reportOpening, statusOpening } from './report.ts'
import { type Bounce, type BounceSettings, noticeHeader, paragraph, returnPathLine } from './text.ts'

/** A notice on a message that is no bounce: what it tells of whom. */
export interface NoticeContents {
  id: number
  /** When the message was taken up, in Unix seconds. */
  birth: number
  /** Whom the notice goes to: as a bounce would. */
  bounce: Bounce
  /** The message's. */
  notes: NotesText
  subject: string
  /** For people; unlike a bounce's words, so that nobody takes it for one. It ends with an empty line. */
  introduction: Bytes
  recipients: { words: Bytes; report: RecipientReport }[]
}

/** Writes a notice (spec modern.md 5.7): always multipart/report, with the message's header. Rejects with system errors of reading. */
export const writeNotice = async (to: Submission, notice: NoticeContents, settings: BounceSettings): Promise<void> => {
  const { id, birth, bounce, notes, subject, introduction, recipients } = notice
  const writing = isUtf8Noted(notes) ? 'global' : 'plain'
  const say = async (text: Bytes): Promise<void> => to.write(toBuffer(text))
  const boundary = newBoundary()
  const { fields, begin } = reportOpening(boundary, settings.bouncehost)
  await say(noticeHeader(bounce.recipient, subject, settings, Date.now(), fields) + begin + introduction)
  for (const { words, report } of recipients) await say(paragraph(report.recipient, words))
  await say(statusOpening(boundary, { host: settings.bouncehost, arrivedMs: birth * 1000, envid: noteOf(notes, 'envid') }, writing))
  for (const { report } of recipients) await say(recipientStatus(report, writing))
  await say(originalOpening(boundary, false, writing) + returnPathLine(bounce.returnPath))
  await copyHeader(splitPath('mess', id), to, requiresTls(notes))
  await say(reportEnd(boundary))
}
