import { type Bytes, toBuffer } from '../core/bytes.ts'
import { netstring } from '../core/netstring.ts'
import { MAX_NOTES_BYTES, type NotesText } from './notes.ts'

/** Digits, colon, comma. */
const FRAME_BYTES = 8

/** An envelope with notes as it goes through our own doors: behind its last NUL, where qmail-queue looks at nothing, a netstring. */
export const withNotes = (envelope: Buffer, notes: NotesText | undefined): Buffer =>
  notes === undefined ? envelope : Buffer.concat([envelope, netstring(toBuffer(notes))])

/** Collects what follows an envelope's last NUL, which may be anything. */
export class EnvelopeTail {
  #held: Bytes = ''

  push(chunk: Buffer): void {
    const room = MAX_NOTES_BYTES + FRAME_BYTES + 1 - this.#held.length
    if (room > 0) this.#held += chunk.toString('latin1', 0, room)
  }

  /** The notes, if it is one netstring and nothing else. */
  get notes(): NotesText | undefined {
    const [, digits, rest] = /^([0-9]{1,5}):([\s\S]*)$/.exec(this.#held) ?? []
    if (rest === undefined || rest.length !== Number(digits) + 1 || !rest.endsWith(',')) return undefined
    return rest.slice(0, -1)
  }
}
