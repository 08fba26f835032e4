import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { Temporary } from '../core/failure.ts'
import { HEADER_BYTES, recordAt } from './format.ts'
import type { Place } from './place.ts'

/** The longest record: a message of MAX_LOG_BYTES with its envelope and all. */
export const MAX_RECORD_BYTES = (1 << 20) + 65_536

/** The folder of the segments. */
export const logFolder = (home: string): string => join(home, 'queue', 'log')

/**
 * A message's bytes, as in mess/, out of a segment. Number, length and checksum must be right: whoever names a place can have a message misdelivered at worst,
 * never other bytes taken for one. Throws Temporary, and system errors.
 */
export const readMessage = (home: string, number: number, { segment, at, bytes }: Place): Buffer => {
  if (bytes < HEADER_BYTES || bytes > MAX_RECORD_BYTES) throw new Temporary('no such message in the log')
  const record = Buffer.allocUnsafeSlow(bytes)
  const fd = openSync(join(logFolder(home), String(segment)), 'r')
  let length: number
  try {
    length = readSync(fd, record, 0, bytes, at)
  } finally {
    closeSync(fd)
  }
  const head = length === bytes ? recordAt(record, 0) : undefined
  if (head?.kind !== 'message' || head.number !== number || HEADER_BYTES + head.payloadBytes !== bytes) throw new Temporary('no such message in the log')
  return record.subarray(HEADER_BYTES + head.envelopeBytes)
}
