import { crc32 } from 'node:zlib'

/**
 * The commit log (docs/internals.md): segment files, each a series of records. All numbers are little-endian.
 *
 *    0  `qlog`                          20  epoch of the segment (4 bytes)      40  length of the envelope (4)
 *    4  kind (1 byte), index (3)        24  live: epochs below it are done (4)  44  time, Unix seconds (4)
 *    8  nonce of the epoch (8 bytes)    28  sequence within the epoch (4)       48  CRC-32 of the 48 bytes before and the payload (4)
 *   16  length of the payload (4)       32  message number (8)                  52  payload
 *
 * The index counts the records of a batch from 0. A segment is begun anew by a record of the kind `head` on its first page, under the next epoch and a nonce nobody can guess: what is
 * left from earlier epochs, and whatever strangers write into their messages, never looks like a record of this one. Every batch
 * (what is written at once and made durable at once) begins on a page, so that a torn one damages nothing that was acknowledged.
 */
export const PAGE_BYTES = 4096
export const HEADER_BYTES = 52
export const NONCE_BYTES = 8

/** `head` begins an epoch; `message` is a message; `done` says of numbers that their last message before it is dealt with. */
export const KINDS = { head: 0x48, message: 0x4d, done: 0x44 } as const
export type Kind = keyof typeof KINDS

const MAGIC = 0x676f6c71
const AT = { kind: 4, index: 5, nonce: 8, payload: 16, epoch: 20, live: 24, sequence: 28, number: 32, envelope: 40, time: 44, crc: 48 }
export const NUMBER_BYTES = 8
const INDEX_BYTES = 3
const TWO_32 = 2 ** 32

/** What a record's first bytes say. */
export interface RecordHead {
  kind: Kind
  nonce: Buffer
  epoch: number
  /** Everything in epochs below this one is done. */
  live: number
  sequence: number
  /** Its place in its batch, from 0. */
  index: number
  /** The message's number; of a `done` record: how many numbers it holds. */
  number: number
  /** Bytes of the payload; of a message: first its envelope as in todo/, then the message as in mess/. */
  payloadBytes: number
  envelopeBytes: number
  /** When it was written, Unix seconds. */
  time: number
}

const kindOf = new Map<number, Kind>(Object.entries(KINDS).map(([kind, byte]) => [byte, kind as Kind]))

/** A record's first bytes, for a payload in these pieces. */
export const packHead = (head: RecordHead, payload: readonly Buffer[]): Buffer => {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt8(KINDS[head.kind], AT.kind)
  bytes.writeUIntLE(head.index, AT.index, INDEX_BYTES)
  head.nonce.copy(bytes, AT.nonce)
  bytes.writeUInt32LE(head.payloadBytes, AT.payload)
  bytes.writeUInt32LE(head.epoch, AT.epoch)
  bytes.writeUInt32LE(head.live, AT.live)
  bytes.writeUInt32LE(head.sequence, AT.sequence)
  bytes.writeUInt32LE(head.number % TWO_32, AT.number)
  bytes.writeUInt32LE(Math.floor(head.number / TWO_32), AT.number + 4)
  bytes.writeUInt32LE(head.envelopeBytes, AT.envelope)
  bytes.writeUInt32LE(head.time, AT.time)
  let crc = crc32(bytes.subarray(0, AT.crc))
  for (const piece of payload) crc = crc32(piece, crc)
  bytes.writeUInt32LE(crc, AT.crc)
  return bytes
}

/** The record that begins at `at`, if all of it is there and its checksum is right. */
export const recordAt = (segment: Buffer, at: number): RecordHead | undefined => {
  if (at + HEADER_BYTES > segment.length || segment.readUInt32LE(at) !== MAGIC) return undefined
  const kind = kindOf.get(segment.readUInt8(at + AT.kind))
  const payloadBytes = segment.readUInt32LE(at + AT.payload)
  const start = at + HEADER_BYTES
  if (kind === undefined || start + payloadBytes > segment.length) return undefined
  const envelopeBytes = segment.readUInt32LE(at + AT.envelope)
  const crc = crc32(segment.subarray(start, start + payloadBytes), crc32(segment.subarray(at, at + AT.crc)))
  if (envelopeBytes > payloadBytes || crc !== segment.readUInt32LE(at + AT.crc)) return undefined
  return {
    kind,
    index: segment.readUIntLE(at + AT.index, INDEX_BYTES),
    nonce: segment.subarray(at + AT.nonce, at + AT.nonce + NONCE_BYTES),
    epoch: segment.readUInt32LE(at + AT.epoch),
    live: segment.readUInt32LE(at + AT.live),
    sequence: segment.readUInt32LE(at + AT.sequence),
    number: segment.readUInt32LE(at + AT.number) + segment.readUInt32LE(at + AT.number + 4) * TWO_32,
    payloadBytes,
    envelopeBytes,
    time: segment.readUInt32LE(at + AT.time)
  }
}

/** Where a record of this epoch may begin, at `from` or after it, judging by its first bytes; -1: nowhere. */
export const candidateAt = (segment: Buffer, nonce: Buffer, from: number): number => {
  for (let at: number = segment.indexOf(nonce, from + AT.nonce); at >= 0; at = segment.indexOf(nonce, at + 1)) {
    if (segment.readUInt32LE(at - AT.nonce) === MAGIC) return at - AT.nonce
  }
  return -1
}

/** The payload of a `done` record. */
export const packNumbers = (numbers: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(numbers.length * NUMBER_BYTES)
  for (const [i, number] of numbers.entries()) {
    bytes.writeUInt32LE(number % TWO_32, i * NUMBER_BYTES)
    bytes.writeUInt32LE(Math.floor(number / TWO_32), i * NUMBER_BYTES + 4)
  }
  return bytes
}

/** The numbers in the payload of a `done` record. */
export const parseNumbers = (payload: Buffer): number[] =>
  Array.from({ length: Math.floor(payload.length / NUMBER_BYTES) }, (_, i) => {
    const at = i * NUMBER_BYTES
    return payload.readUInt32LE(at) + payload.readUInt32LE(at + 4) * TWO_32
  })

/** The first page boundary at or after `at`. */
export const pageAt = (at: number): number => Math.ceil(at / PAGE_BYTES) * PAGE_BYTES
