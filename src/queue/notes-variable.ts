import type { Bytes } from '../core/bytes.ts'
import { areWithin, type NotesText, packNotes, parseNotes } from './notes.ts'

/** The variable by which a program that is run for a message, and whoever it runs in turn, learns of the message's notes (spec modern.md 5.6). */
export const NOTES_VARIABLE = 'QMAILESMTP'

const NUL = 0
const SEAL_BYTES = 8

/** It costs a start some milliseconds, and few need it. */
const sha256 = () => process.getBuiltinModule('node:crypto').createHash('sha256')

const sealOf = (records: Buffer): Bytes =>
  sha256()
    .update(records)
    .digest('hex')
    .slice(0, 2 * SEAL_BYTES)

/** The variable's value for a message with this envelope, `F`sender NUL, `T`recipient NUL ..., and these notes. */
export const notesVariable = (records: Buffer, notes: NotesText): Bytes => `e=${sealOf(records)} ${notes}`

const VALUE = /^e=([0-9a-fA-F]{16}) (.*)$/s

/** What the variable says, if it was made for these records; undefined: it was not. Whether it makes sense is for parseNotes to say. */
export const sealedFor = (variable: Bytes, records: Buffer): NotesText | undefined => {
  const [, seal, text] = VALUE.exec(variable) ?? []
  return seal?.toLowerCase() === sealOf(records) ? text : undefined
}

/** What the variable says of a message whose envelope is known; undefined: nothing. */
export const notesInVariable = (variable: Bytes, records: Buffer): NotesText | undefined => {
  const reader = new NotesReader(variable)
  reader.push(records)
  return reader.finish()
}

/** Reads the variable, once the whole envelope has passed: one that was made for another envelope, or makes no sense, says nothing. */
export class NotesReader {
  readonly #text: Bytes
  readonly #hash = sha256()
  #records = 0

  constructor(text: Bytes) {
    this.#text = text
  }

  /** The next bytes of the envelope's records. */
  push(records: Buffer): void {
    this.#hash.update(records)
    for (let at = records.indexOf(NUL); at >= 0; at = records.indexOf(NUL, at + 1)) this.#records++
  }

  /** What it says of the message; undefined: nothing. */
  finish(): NotesText | undefined {
    const [, seal, text = ''] = VALUE.exec(this.#text) ?? []
    const wanted = this.#hash.digest('hex').slice(0, 2 * SEAL_BYTES)
    if (seal?.toLowerCase() !== wanted) return undefined
    const notes = parseNotes(text)
    return notes && areWithin(notes, this.#records - 1) ? packNotes(notes) : undefined
  }
}
