import type { Bytes } from '../core/bytes.ts'
import { MAX_NOTES_BYTES, type NotesText } from './notes.ts'

/** What an envelope file of todo/ says (spec queue.md 1.2, modern.md 5.6). */
export interface Todo {
  uid: number
  pid: number
  /** The notes behind the pid; none: empty. */
  notes: NotesText
  /** Undefined: there was no `F` record. */
  sender: Bytes | undefined
  recipients: Bytes[]
  /** False: it holds a record of another kind; what stands before it has been read. */
  isValid: boolean
}

/** Far above any record our writers let pass; a longer one is not valid. */
const MAX_RECORD_BYTES = 2 * MAX_NOTES_BYTES

const number = (digits: Bytes): number => Number(/^[0-9]+/.exec(digits)?.[0] ?? 0)

/** Reads an envelope file piece by piece; what is known of it so far stands in the fields. */
export class TodoReader implements Omit<Todo, 'recipients'> {
  uid = 0
  pid = 0
  notes: NotesText = ''
  sender: Bytes | undefined
  isValid = true
  #held: Bytes = ''

  /** Takes the next bytes; returns the recipients they complete. A piece at the end without its NUL does not count. After a record of another kind nothing is read. */
  push(chunk: Bytes): Bytes[] {
    const bytes = this.#held === '' ? chunk : this.#held + chunk
    const recipients: Bytes[] = []
    let at = 0
    for (let end = bytes.indexOf('\0'); end >= 0 && this.isValid; end = bytes.indexOf('\0', at)) {
      this.#record(at === end ? '' : bytes.charAt(at), bytes.slice(at + 1, end), recipients)
      at = end + 1
    }
    this.#held = this.isValid ? bytes.slice(at) : ''
    if (this.#held.length > MAX_RECORD_BYTES) this.isValid = false
    return recipients
  }

  #record(kind: string, value: Bytes, recipients: Bytes[]): void {
    if (kind === 'T') recipients.push(value)
    else if (kind === 'F') this.sender ??= value
    else if (kind === 'u') this.uid = number(value)
    else if (kind === 'p') this.#number(value)
    else this.isValid = false
  }

  #number(value: Bytes): void {
    this.pid = number(value)
    const space = value.indexOf(' ')
    if (space >= 0) this.notes = value.slice(space + 1)
  }
}

/** Reads a whole envelope file. */
export const parseTodo = (bytes: Bytes): Todo => {
  const reader = new TodoReader()
  const recipients = reader.push(bytes)
  const { uid, pid, notes, sender, isValid } = reader
  return { uid, pid, notes, sender, recipients, isValid }
}
