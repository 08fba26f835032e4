import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { noteForProgram } from '../queue/forwarded-notes.ts'
import { packNotes } from '../queue/notes.ts'
import { NOTES_VARIABLE, notesVariable } from '../queue/notes-variable.ts'
import { recordBytes } from '../submit/submission.ts'
import { type Job, recipientOf } from './job.ts'
import type { HeaderLines } from './lines.ts'

const beforeLastDot = (host: Bytes): Bytes => (host.includes('.') ? host.slice(0, host.lastIndexOf('.')) : host)
const afterDash = (ext: Bytes): Bytes => (ext.includes('-') ? ext.slice(ext.indexOf('-') + 1) : '')

/** What programs learn of the message's notes: success will have been told by the time they could. */
const notesEntry = (job: Job): Env => {
  const given = job.notes
  const note = given?.recipients.get(0)
  const notes = given && packNotes({ items: given.items, recipients: new Map(note && [[0, noteForProgram(note)]]) })
  return notes === undefined ? {} : { [NOTES_VARIABLE]: notesVariable(recordBytes(job.sender, [recipientOf(job)]), notes) }
}

/**
 * The environment of the programs a delivery runs: what was inherited, and the job's own variables (spec local-delivery.md 3.6).
 * `matched` is DEFAULT; undefined leaves an inherited one alone.
 */
export const environmentOf = (inherited: Env, job: Job, lines: HeaderLines, newSender: Bytes, matched: Bytes | undefined): Env => {
  const [host2, ext2] = [beforeLastDot(job.domain), afterDash(job.ext)]
  const [host3, ext3] = [beforeLastDot(host2), afterDash(ext2)]
  return {
    ...inherited,
    SENDER: job.sender,
    NEWSENDER: newSender,
    RECIPIENT: recipientOf(job),
    USER: job.user,
    HOME: job.homedir,
    HOST: job.domain,
    HOST2: host2,
    HOST3: host3,
    HOST4: beforeLastDot(host3),
    LOCAL: job.local,
    EXT: job.ext,
    EXT2: ext2,
    EXT3: ext3,
    EXT4: afterDash(ext3),
    DTLINE: lines.deliveredTo,
    RPLINE: lines.returnPath,
    UFLINE: lines.from,
    ...(matched === undefined ? {} : { DEFAULT: matched }),
    ...(job.notes === undefined ? {} : notesEntry(job))
  }
}
