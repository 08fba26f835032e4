import { HEADER_BYTES, parseNumbers } from './format.ts'
import { isBlank, readSegment, type Segment } from './segment.ts'

/** A message of the log that is not known to be dealt with. */
export interface Undone {
  number: number
  /** When it was written, Unix seconds. */
  time: number
  /** As in todo/. */
  envelope: Buffer
  /** As in mess/. */
  message: Buffer
}

/** What the log's segments come to. */
export interface Replayed {
  undone: Undone[]
  /** The highest epoch seen; the next one begun must be higher. */
  lastEpoch: number
  /** For the log of the suite: what cannot be read and may have been acknowledged. */
  damage: string[]
  /** For the same: batches that came to the disk in part, and were never acknowledged. */
  torn: string[]
}

interface Read extends Segment {
  name: string
  bytes: Buffer
}

const readAll = (segments: ReadonlyMap<string, Buffer>, damage: string[]): Read[] => {
  const read: Read[] = []
  for (const [name, bytes] of segments) {
    const segment = readSegment(bytes)
    if (segment) read.push({ ...segment, name, bytes })
    else if (!isBlank(bytes)) damage.push(`queue/log/${name}: nothing in it can be read`)
  }
  return read.sort((a, b) => a.epoch - b.epoch)
}

/** Epochs follow one another: one that is missing, among those that are not all done, was a segment. */
const missingEpochs = (used: readonly Read[], live: number): string[] => {
  const last = used.at(-1)?.epoch ?? 0
  const there = new Set(used.map(({ epoch }) => epoch))
  return Array.from({ length: Math.max(0, last - live + 1) }, (_, i) => live + i)
    .filter((epoch) => epoch > 0 && !there.has(epoch))
    .map((epoch) => `queue/log: the segment of epoch ${epoch} is missing`)
}

/**
 * Reads all segments (by file name): which messages are not done, in the order they came. A number's newer message says that the older
 * one was dealt with: numbers are used again only then.
 */
export const replay = (segments: ReadonlyMap<string, Buffer>): Replayed => {
  const damage: string[] = []
  const read = readAll(segments, damage)
  const live = Math.max(0, ...read.flatMap(({ records }) => records.map((record) => record.live)))
  const used = read.filter(({ epoch }) => epoch >= live)
  const undone = new Map<number, Undone>()
  for (const { records, bytes } of used) {
    for (const { kind, at, number, payloadBytes, envelopeBytes, time } of records) {
      const payload = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + payloadBytes)
      if (kind === 'done') for (const done of parseNumbers(payload)) undone.delete(done)
      if (kind !== 'message') continue
      undone.delete(number) // so that the newer one is the last in order
      undone.set(number, { number, time, envelope: payload.subarray(0, envelopeBytes), message: payload.subarray(envelopeBytes) })
    }
  }
  return {
    undone: [...undone.values()],
    lastEpoch: read.at(-1)?.epoch ?? 0,
    damage: [...damage, ...missingEpochs(used, live), ...used.flatMap((s) => s.damage.map((what) => `queue/log/${s.name}: ${what}`))],
    torn: used.filter((s) => s.isTorn).map(({ name }) => `queue/log/${name}`)
  }
}
