import { fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { Temporary } from '../core/failure.ts'
import { closeQuietly } from '../os/close.ts'
import { HEADER_BYTES, recordAt } from './format.ts'
import type { Place } from './place.ts'

/** The longest record: a message of MAX_LOG_BYTES with its envelope and all. */
export const MAX_RECORD_BYTES = (1 << 20) + 65_536

/** The folder of the segments. */
export const logFolder = (home: string): string => join(home, 'queue', 'log')

/** Reads messages out of the segments, which stay open: they are few, and opening one for each message was a fifth of what qmail-lspawn did. */
export class MessageReader {
  readonly #folder: string
  readonly #fds = new Map<number, number>()

  constructor(home: string) {
    this.#folder = logFolder(home)
  }

  /**
   * A message's bytes, as in mess/. Number, length and checksum must be right: whoever names a place can have a message misdelivered at worst,
   * never other bytes taken for one. They lie in `room`, if that is larger than the record. Throws Temporary, and system errors.
   */
  read(number: number, { segment, at, bytes }: Place, room?: Buffer): Buffer {
    if (bytes < HEADER_BYTES || bytes > MAX_RECORD_BYTES) throw new Temporary('no such message in the log')
    const record = room !== undefined && bytes < room.length ? room.subarray(0, bytes) : Buffer.allocUnsafeSlow(bytes)
    const length = readSync(this.#open(segment), record, 0, bytes, at)
    const head = length === bytes ? recordAt(record, 0) : undefined
    if (head?.kind !== 'message' || head.number !== number || HEADER_BYTES + head.payloadBytes !== bytes) throw new Temporary('no such message in the log')
    return record.subarray(HEADER_BYTES + head.envelopeBytes)
  }

  /** The segment that has the name now: one that was replaced or removed has none any more. */
  #open(segment: number): number {
    const held = this.#fds.get(segment)
    if (held !== undefined) {
      if (fstatSync(held).nlink > 0) return held
      this.#fds.delete(segment)
      closeQuietly(held)
    }
    const fd = openSync(join(this.#folder, String(segment)), 'r')
    this.#fds.set(segment, fd)
    return fd
  }
}
