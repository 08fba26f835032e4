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
 * epoch is looked for; what is missing below a later batch is damage, and not a torn end. Undefined:
 * the segment was never used, or nothing of it can be read (`isBlank` tells which).
 */
export const readSegment = (bytes: Buffer): Segment | undefined => {
  const first = opening(bytes)
  if (first === undefined) return undefined
  const records: FoundRecord[] = []
  let sequence = 0
  let at = 0
  while (at >= 0) {
    const record = recordAt(bytes, at)
    if (record === undefined || record.epoch !== first.epoch || !record.nonce.equals(first.nonce) || record.sequence < sequence) {
      at = candidateAt(bytes, first.nonce, at + 1)
      continue
    }
    records.push({ ...record, at })
    sequence = record.sequence + 1
    at += HEADER_BYTES + record.payloadBytes
  }
  const last = records.at(-1)
  const end = last ? last.at + HEADER_BYTES + last.payloadBytes : 0
  const missing = missingIn(records)
  const durable = durableBelow(records)
  return {
    epoch: first.epoch,
    records,
    damage: missing.filter(({ from }) => from < durable).map(({ from, to, before }) => `${to - from} records before byte ${before} cannot be read`),
    isTorn: candidateAt(bytes, first.nonce, end) >= 0 || missing.some(({ from }) => from >= durable)
  }
}

/** Gaps in the sequence, and where the record behind each begins. */
const missingIn = (records: readonly FoundRecord[]): { from: number; to: number; before: number }[] => {
  let next = 0
  return records.flatMap(({ sequence, at }) => {
    const from = next
    next = sequence + 1
    return sequence > from ? [{ from, to: sequence, before: at }] : []
  })
}

/**
 * All records below this sequence were on the disk once: a batch is begun only after the one before it, if it held messages, was made durable
 * with all before it. What is missing above it may never have come there.
 */
const durableBelow = (records: readonly FoundRecord[]): number => {
  const batchOf = ({ sequence, index }: FoundRecord): number => sequence - index
  const last = records.reduce((batch, record) => Math.max(batch, batchOf(record)), 0)
  const durable = records.reduce((batch, record) => (record.kind === 'message' && batchOf(record) < last ? Math.max(batch, batchOf(record)) : batch), -1)
  return records.reduce((batch, record) => (batchOf(record) > durable ? Math.min(batch, batchOf(record)) : batch), Number.POSITIVE_INFINITY)
}

/** Has nothing ever been written here? */
export const isBlank = (bytes: Buffer): boolean => bytes.subarray(0, 2 * PAGE_BYTES).every((byte) => byte === 0)
