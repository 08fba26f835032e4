import type { Bytes } from '../core/bytes.ts'

/** Where a message stands in the log. */
export interface Place {
  /** The segment's file below queue/log. */
  segment: number
  /** Where its record begins. */
  at: number
  /** Bytes of the whole record. */
  bytes: number
}

const NAME = /^([0-9]{1,2})\/([0-9]{1,20})\/([0-9]{1,3})\/([0-9]{1,10})\/([0-9]{1,10})$/

/**
 * The message name in a command to a spawner of ours, for a message that stands in the log: `S/ID/SEGMENT/AT/BYTES`. A spawner that is not ours finds no
 * such file below mess/, and defers.
 */
export const logName = (name: Bytes, { segment, at, bytes }: Place): Bytes => `${name}/${segment}/${at}/${bytes}`

/** Undefined: it is the ordinary name of a file. */
export const parseLogName = (name: Bytes): { number: number; place: Place } | undefined => {
  const found = NAME.exec(name)
  if (!found) return undefined
  const [, , number, segment, at, bytes] = found.map(Number)
  return { number: number ?? 0, place: { segment: segment ?? 0, at: at ?? 0, bytes: bytes ?? 0 } }
}
