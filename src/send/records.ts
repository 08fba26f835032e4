import { closeSync, openSync, readSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import type { Recipient } from './message.ts'

/** One undone recipient: where its record begins in the channel's file, and its address. */
export interface UndoneRecipient {
  at: number
  address: Bytes
}

/** The undone recipients of a message on one channel, one after another; undefined at the end. */
export interface Records {
  /** Throws UnknownRecord, or system errors of reading. */
  next(): UndoneRecipient | undefined
  close(): void
}

/** The file holds a record that is neither `T` nor `D`. */
export class UnknownRecord extends Temporary {}

const CHUNK_BYTES = 65_536
/** Every reader's: nothing stays in it. */
const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)

/** The records of a file local/S/ID or remote/S/ID, read piece by piece, however long it is. Opening throws system errors. */
export class FileRecords implements Records {
  readonly #fd: number
  #isOpen = true
  #text = ''
  /** Where `#text` begins in the file, and how much of it has been used. */
  #base = 0
  #used = 0

  constructor(path: string) {
    this.#fd = openSync(path, 'r')
  }

  next(): UndoneRecipient | undefined {
    for (;;) {
      const end = this.#text.indexOf('\0', this.#used)
      if (end < 0) {
        if (!this.#more()) return undefined
        continue
      }
      const [start, kind] = [this.#used, this.#text[this.#used]]
      this.#used = end + 1
      if (kind === 'T') return { at: this.#base + start, address: this.#text.slice(start + 1, end) }
      if (kind !== 'D') throw new UnknownRecord('unknown record')
    }
  }

  /** Reads on. False at the end; what lacks its NUL there does not count. */
  #more(): boolean {
    if (!this.#isOpen) return false
    const length = readSync(this.#fd, chunk)
    this.#base += this.#used
    this.#text = this.#text.slice(this.#used) + chunk.toString('latin1', 0, length)
    this.#used = 0
    if (length < CHUNK_BYTES) this.close() // a file gives less than was asked for at its end alone
    return length > 0
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    closeSync(this.#fd)
  }
}

/** The recipients of a message held in memory. */
export class HeldRecords implements Records {
  readonly #recipients: readonly Recipient[]
  #used = 0

  constructor(recipients: readonly Recipient[]) {
    this.#recipients = recipients
  }

  next(): UndoneRecipient | undefined {
    while (this.#recipients[this.#used]?.isDone) this.#used++
    return this.#recipients[this.#used++]
  }

  close(): void {
    this.#used = this.#recipients.length
  }
}
