import type { Bytes } from '../core/bytes.ts'

/**
 * The notes of a message (spec modern.md 5.6): what ESMTP said of it besides its envelope, as items joined by a space, NAME or NAME=VALUE, each value xtext. They stand
 * where no other program minds them: behind the number in the `p` record of an envelope, and in a second record, `N`, of info/.
 */
export type NotesText = Bytes

/** The value of an item; undefined: it is not there. */
export const noteOf = (notes: NotesText, name: string): Bytes | undefined => {
  for (const item of notes.split(' ')) if (item.startsWith(`${name}=`)) return item.slice(name.length + 1)
  return undefined
}

/** How many delay warnings have been sent (`w=`, one digit). */
export const warningsIn = (notes: NotesText): number => Number(/^[0-9]$/.exec(noteOf(notes, 'w') ?? '0')?.[0] ?? 0)

/** What info/S/ID holds: the sender, and the notes (none: empty). Undefined: it is incomplete. */
export const parseInfo = (text: Bytes): { sender: Bytes; notes: NotesText } | undefined => {
  const end = text.indexOf('\0')
  if (!text.startsWith('F') || end < 0) return undefined
  const last = text.indexOf('\0', end + 1)
  return { sender: text.slice(1, end), notes: text[end + 1] === 'N' && last >= 0 ? text.slice(end + 2, last) : '' }
}

/** Where `w`'s digit is to be written in the text of info/S/ID, and what with it, so that it says this many; everything else stays as it is, to the byte. */
export const warningsEdit = (text: Bytes, warnings: number): { at: number; bytes: Bytes } => {
  const end = text.indexOf('\0') + 1
  const last = text.indexOf('\0', end)
  if (text[end] !== 'N' || last < 0) return { at: end, bytes: `Nv=1 w=${warnings}\0` }
  const found = /[N ]w=[0-9](?=[ \0])/.exec(text.slice(end, last + 1))
  return found ? { at: end + found.index + 3, bytes: String(warnings) } : { at: last, bytes: ` w=${warnings}\0` }
}
