import { candidateAt, HEADER_BYTES, PAGE_BYTES, type RecordHead, recordAt } from './format.ts'

/** A record of a segment, and where it begins there. */
export interface FoundRecord extends RecordHead {
  at: number
}

/** What a segment holds of its present epoch. */
export interface Segment {
  epoch: number
  records: FoundRecord[]
  /** What was acknowledged once, it seems, and is not there any more: for the log of the suite. */
  damage: string[]
  /** A batch at the end came to the disk in part only, and was never acknowledged. */
  isTorn: boolean
}

/** The record that gives the epoch away: the head on the first page, or the first batch, when the head is damaged. */
const opening = (bytes: Buffer): FoundRecord | undefined => {
  for (const at of [0, PAGE_BYTES]) {
    const record = recordAt(bytes, at)
    if (record && (at > 0 || record.kind === 'head')) return { ...record, at }
  }
  return undefined
}

/**
 * Reads a segment: all records of its epoch, in order, whatever is damaged between them. Where a record is broken the next one of the
 * epoch is looked for; that there is one, or that numbers of the sequence are missing, tells damage from a torn end. Undefined:
 * the segment was never used, or nothing of it can be read (`isBlank` tells which).
 */
export const readSegment = (bytes: Buffer): Segment | undefined => {
  const first = opening(bytes)
  if (first === undefined) return undefined
  const records: FoundRecord[] = []
  const damage: string[] = []
  let sequence = 0
  let at = 0
  while (at >= 0) {
    const record = recordAt(bytes, at)
    if (record === undefined || record.epoch !== first.epoch || !record.nonce.equals(first.nonce) || record.sequence < sequence) {
      at = candidateAt(bytes, first.nonce, at + 1)
      continue
    }
    if (record.sequence > sequence) damage.push(`${record.sequence - sequence} records before byte ${at} cannot be read`)
    records.push({ ...record, at })
    sequence = record.sequence + 1
    at += HEADER_BYTES + record.payloadBytes
  }
  const last = records.at(-1)
  const end = last ? last.at + HEADER_BYTES + last.payloadBytes : 0
  return { epoch: first.epoch, records, damage, isTorn: candidateAt(bytes, first.nonce, end) >= 0 }
}

/** Has nothing ever been written here? */
export const isBlank = (bytes: Buffer): boolean => bytes.subarray(0, 2 * PAGE_BYTES).every((byte) => byte === 0)
