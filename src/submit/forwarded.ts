import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { forwardedNotes } from '../queue/forwarded-notes.ts'
import { type NotesText, parseNotes } from '../queue/notes.ts'
import { NOTES_VARIABLE, notesInVariable } from '../queue/notes-variable.ts'
import { recordBytes } from './submission.ts'

/**
 * The notes of a message that a program of a .qmail file hands on to other addresses, by what qmail-local says of it in the environment: QMAILESMTP for the envelope of
 * SENDER and RECIPIENT. The wish to hear of success is not among them: whoever runs the program tells of that. Undefined: nothing is to be noted.
 */
export const notesFromDelivery = (env: Env, sender: Bytes, recipients: readonly Bytes[]): NotesText | undefined => {
  const { SENDER, RECIPIENT, [NOTES_VARIABLE]: variable } = env
  if (!variable || SENDER === undefined || RECIPIENT === undefined) return undefined
  const text = notesInVariable(variable, recordBytes(SENDER, [RECIPIENT]))
  const notes = text === undefined ? undefined : parseNotes(text)
  return notes && forwardedNotes(notes, RECIPIENT, sender === SENDER ? 'copy' : 'list', recipients.length)
}
