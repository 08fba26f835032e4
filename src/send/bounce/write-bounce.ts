import { statSync } from 'node:fs'
import { type Bytes, toBuffer } from '../../core/bytes.ts'
import { diagnose } from '../../format/enhanced-status.ts'
import { isUtf8Noted, type NotesText, noteOf, placedNotes, requiresTls } from '../../queue/notes.ts'
import { splitPath } from '../../queue/paths.ts'
import { type Routing, withoutPrepend } from '../../queue/rewrite.ts'
import type { Submission } from '../../submit/submission.ts'
import { failuresIn } from './failures.ts'
import { copyFile, copyHeader } from './original.ts'
import { newBoundary, originalOpening, recipientStatus, reportEnd, reportOpening, statusOpening, type Writing } from './report.ts'
import type { NoticeSettings } from './settings.ts'
import { type Bounce, type BounceSettings, bounceBreak, bounceHead, bounceIntroduction, noticeHeader, returnPathLine, TOO_LONG } from './text.ts'

/** A message whose failures are to be told. */
export interface Failed {
  id: number
  /** When it was taken up, in Unix seconds. */
  birth: number
  bounce: Bounce
  notes: NotesText
}

/** Who writes, and how. */
type Words = BounceSettings & { notices: NoticeSettings; routing: Pick<Routing, 'virtualdomains'> }

const say = async (to: Submission, text: Bytes): Promise<void> => to.write(toBuffer(text))

/** The message as it is sent back: all of it, or when it is too large its header. */
const writeOriginal = (to: Submission, { id, notes }: Failed, isWhole: boolean): Promise<void> =>
  isWhole ? copyFile(splitPath('mess', id), to) : copyHeader(splitPath('mess', id), to, requiresTls(notes))

/** The bounce in qmail's own format (spec queue.md 5.10). */
const writeQsbmf = async (to: Submission, failed: Failed, settings: Words, isWhole: boolean): Promise<void> => {
  const { id, bounce } = failed
  await say(to, bounceHead(bounce, settings, Date.now()))
  await copyFile(`bounce/${id}`, to)
  await say(to, bounceBreak(bounce))
  await writeOriginal(to, failed, isWhole)
}

/** What senders called their recipients, by the names those have in a bounce. */
const originalsIn = (notes: NotesText, virtualdomains: Routing['virtualdomains']): ReadonlyMap<Bytes, Bytes> =>
  new Map(placedNotes(notes).flatMap(({ address, orcpt }) => (orcpt === undefined ? [] : [[withoutPrepend(address, virtualdomains), orcpt]])))

/** The fields of each recipient. The file's time is when the last of them was tried. */
const writeStatus = async (to: Submission, id: number, orcpts: ReadonlyMap<Bytes, Bytes>, writing: Writing): Promise<void> => {
  const lastMs = statSync(`bounce/${id}`).mtimeMs
  for (const { recipient, text, isLast } of failuresIn(`bounce/${id}`)) {
    const diagnosis = diagnose(text, text.endsWith(TOO_LONG) ? '54' : '5')
    const report = { recipient, orcpt: orcpts.get(recipient), action: 'failed' as const, ...diagnosis, lastMs: isLast ? lastMs : undefined }
    await say(to, recipientStatus(report, writing))
  }
}

/** The bounce as multipart/report, its part for people in the words of qmail's format (spec modern.md 5.7). */
const writeReport = async (to: Submission, failed: Failed, settings: Words, isWhole: boolean): Promise<void> => {
  const { id, birth, bounce, notes } = failed
  const boundary = newBoundary()
  const writing = isUtf8Noted(notes) ? 'global' : 'plain'
  const { fields, begin } = reportOpening(boundary, settings.bouncehost)
  await say(to, noticeHeader(bounce.recipient, 'failure notice', settings, Date.now(), fields) + begin + bounceIntroduction(bounce, settings))
  await copyFile(`bounce/${id}`, to)
  await say(to, statusOpening(boundary, { host: settings.bouncehost, arrivedMs: birth * 1000, envid: noteOf(notes, 'envid') }, writing))
  await writeStatus(to, id, originalsIn(notes, settings.routing.virtualdomains), writing)
  await say(to, originalOpening(boundary, isWhole, writing) + returnPathLine(bounce.returnPath))
  await writeOriginal(to, failed, isWhole)
  await say(to, reportEnd(boundary))
}

/** Writes the bounce for the failures noted in bounce/ID, as control/bounceformat says. Rejects with system errors of reading. */
export const writeBounce = (to: Submission, failed: Failed, settings: Words): Promise<void> => {
  const isShort = noteOf(failed.notes, 'ret') === 'H' || requiresTls(failed.notes)
  const isWhole = !isShort && statSync(splitPath('mess', failed.id)).size <= settings.notices.maxBytes
  return (settings.notices.isReport ? writeReport : writeQsbmf)(to, failed, settings, isWhole)
}
