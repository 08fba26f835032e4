import type { Bytes } from '../core/bytes.ts'
import { areWithin, type Notes, type NotesText, packNotes, parseNotes } from '../queue/notes.ts'
import { notesVariable, sealedFor } from '../queue/notes-variable.ts'

/** qmail-remote's first recipient is its third argument. */
const FIRST_RECIPIENT = 3

/** What the seal is made over: each argument, ended by NUL. */
const recordsOf = (args: readonly Bytes[]): Buffer => Buffer.from(args.map((arg) => `${arg}\0`).join(''), 'latin1')

/** The same notes, with recipients counted from a higher number. */
const shifted = ({ items, recipients }: Notes, by: number): Notes => ({
  items,
  recipients: new Map([...recipients].map(([index, note]) => [index + by, note]))
})

/** $QMAILESMTP for a qmail-remote run with these arguments (spec modern.md 5.6): `r=` is a recipient's argument number. Undefined: the notes make no sense. */
export const remoteVariable = (args: readonly Bytes[], notes: NotesText): Bytes | undefined => {
  const parsed = parseNotes(notes)
  const text = parsed && packNotes(shifted(parsed, FIRST_RECIPIENT))
  return text === undefined ? undefined : notesVariable(recordsOf(args), text)
}

/** What $QMAILESMTP says to a qmail-remote with these arguments, recipients counted from 0; undefined: nothing, or it was meant for another. */
export const notesForRemote = (variable: Bytes, args: readonly Bytes[]): Notes | undefined => {
  const text = sealedFor(variable, recordsOf(args))
  const notes = text === undefined ? undefined : parseNotes(text)
  if (notes === undefined || !areWithin(notes, args.length + 1) || [...notes.recipients.keys()].some((index) => index < FIRST_RECIPIENT)) return undefined
  return shifted(notes, -FIRST_RECIPIENT)
}
