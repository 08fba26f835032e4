import type { Bytes } from '../core/bytes.ts'
import { lower, toBuffer } from '../core/bytes.ts'

/** Types of records (RFC 1035, 3596, 6698). */
export const RECORD_TYPES = { A: 1, NS: 2, CNAME: 5, MX: 15, AAAA: 28, OPT: 41, TLSA: 52 } as const
export type RecordType = Exclude<keyof typeof RECORD_TYPES, 'OPT'>

/** A record of an answer. Its data stands in the message, which names in it may point into. */
export interface DnsRecord {
  /** In lower case. */
  owner: Bytes
  type: number
  ttlSeconds: number
  start: number
  end: number
}

/** An answer, taken apart. */
export interface DnsMessage {
  bytes: Buffer
  /** How the question went: 0 well, 3 no such name, all else is trouble. */
  rcode: number
  isTruncated: boolean
  /** The server says that DNSSEC vouches for all of it (AD). */
  isAuthentic: boolean
  answers: DnsRecord[]
  /** For how long it holds that there is no such record, by the zone's SOA (RFC 2308 5); undefined: nobody says. */
  negativeSeconds: number | undefined
}

/** What is no answer, or none to this question. */
export class Malformed extends Error {}

const HEADER_BYTES = 12
const CLASS_IN = 1
const MAX_NAME_BYTES = 255
/** What an answer by UDP may have (EDNS0, RFC 6891): it fits any network unbroken. */
const UDP_BYTES = 1232
const DNSSEC_OK = 0x8000
const RECURSION_DESIRED = 0x0100
const AUTHENTIC = 0x0020
const TRUNCATED = 0x0200
const RESPONSE = 0x8000

/** A name as it stands in a question; the root is empty. Undefined: it cannot be in DNS, or not as these bytes. */
export const packName = (name: Bytes): Buffer | undefined => {
  const labels = name === '' || name === '.' ? [] : name.replace(/\.$/, '').split('.')
  if (labels.some((label) => !/^[!-~]{1,63}$/.test(label) || label.includes('\\'))) return undefined
  const packed = Buffer.concat([...labels.flatMap((label) => [Buffer.of(label.length), toBuffer(label)]), Buffer.of(0)])
  return packed.length > MAX_NAME_BYTES ? undefined : packed
}

/** A question for a recursive server that may tell what DNSSEC says (RD, AD, DO), without the EDNS record where `isPlain`. Undefined: such a name cannot be asked for. */
export const packQuestion = (id: number, name: Bytes, type: RecordType, isPlain = false): Buffer | undefined => {
  const packed = packName(name)
  if (packed === undefined) return undefined
  const head = Buffer.alloc(HEADER_BYTES)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(RECURSION_DESIRED | AUTHENTIC, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(isPlain ? 0 : 1, 10)
  const kind = Buffer.alloc(4)
  kind.writeUInt16BE(RECORD_TYPES[type], 0)
  kind.writeUInt16BE(CLASS_IN, 2)
  const options = Buffer.alloc(11)
  options.writeUInt16BE(RECORD_TYPES.OPT, 1)
  options.writeUInt16BE(UDP_BYTES, 3)
  options.writeUInt16BE(DNSSEC_OK, 7)
  return Buffer.concat([head, packed, kind, ...(isPlain ? [] : [options])])
}

/** A label as text. Bytes that a name has no sign for are written `\DDD`: such a name can be shown, and never asked for. */
const labelText = (label: Buffer): Bytes => label.toString('latin1').replace(/[^!-~]|[.\\]/g, (byte) => `\\${byte.charCodeAt(0).toString().padStart(3, '0')}`)

/** The name at `at`, in lower case, and where what follows it begins. Pointers lead back, always further (RFC 1035 4.1.4). Throws Malformed. */
export const nameAt = (bytes: Buffer, at: number): { name: Bytes; next: number } => {
  const labels: Bytes[] = []
  let next: number | undefined
  let [length, earliest] = [1, at]
  for (let here = at; ; ) {
    const size = bytes[here]
    if (size === undefined) throw new Malformed('a name goes beyond the end')
    if (size === 0) return { name: lower(labels.join('.')), next: next ?? here + 1 }
    if (size >= 0xc0) {
      const target = here + 1 < bytes.length ? bytes.readUInt16BE(here) & 0x3fff : Number.POSITIVE_INFINITY
      if (target >= earliest) throw new Malformed('a name points ahead')
      next ??= here + 2
      here = earliest = target
      continue
    }
    length += size + 1
    if (size > 63 || here + 1 + size > bytes.length || length > MAX_NAME_BYTES) throw new Malformed('a label is too long')
    labels.push(labelText(bytes.subarray(here + 1, here + 1 + size)))
    here += size + 1
  }
}

const recordAt = (bytes: Buffer, at: number): { record: DnsRecord; isInternet: boolean } => {
  const { name, next } = nameAt(bytes, at)
  if (next + 10 > bytes.length) throw new Malformed('a record goes beyond the end')
  const start = next + 10
  const end = start + bytes.readUInt16BE(next + 8)
  if (end > bytes.length) throw new Malformed('a record goes beyond the end')
  const record = { owner: name, type: bytes.readUInt16BE(next), ttlSeconds: bytes.readInt32BE(next + 4), start, end }
  return { record, isInternet: bytes.readUInt16BE(next + 2) === CLASS_IN }
}

const SOA = 6

/** The smaller of the SOA's own time to live and its last number, among `count` records at `at`; undefined: there is none, or nothing to be read. */
const negativeTtl = (bytes: Buffer, at: number, count: number): number | undefined => {
  try {
    for (let left = count; left > 0; left--) {
      const { record, isInternet } = recordAt(bytes, at)
      at = record.end
      if (isInternet && record.type === SOA && record.end - record.start >= 22) return Math.min(record.ttlSeconds, bytes.readInt32BE(record.end - 4))
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error // what is not asked for need not be sound
  }
  return undefined
}

/** Takes apart what came back for a question. Throws Malformed: it is no answer to just that. */
export const parseAnswer = (bytes: Buffer, question: Buffer): DnsMessage => {
  if (bytes.length < HEADER_BYTES || bytes.readUInt16BE(0) !== question.readUInt16BE(0)) throw new Malformed('another id')
  const flags = bytes.readUInt16BE(2)
  const asked = nameAt(question, HEADER_BYTES)
  const echoed = bytes.readUInt16BE(4) === 1 ? nameAt(bytes, HEADER_BYTES) : undefined
  const isSame = echoed?.name === asked.name && bytes.subarray(echoed.next, echoed.next + 4).equals(question.subarray(asked.next, asked.next + 4))
  if ((flags & RESPONSE) === 0 || echoed === undefined || !isSame) throw new Malformed('another question')
  const answers: DnsRecord[] = []
  const isTruncated = (flags & TRUNCATED) !== 0
  let at = echoed.next + 4
  for (let left = isTruncated ? 0 : bytes.readUInt16BE(6); left > 0; left--) {
    const { record, isInternet } = recordAt(bytes, at)
    if (isInternet) answers.push(record)
    at = record.end
  }
  const negativeSeconds = isTruncated ? undefined : negativeTtl(bytes, at, bytes.readUInt16BE(8))
  return { bytes, rcode: flags & 15, isTruncated, isAuthentic: (flags & AUTHENTIC) !== 0, answers, negativeSeconds }
}

const MAX_ALIASES = 8

/** The records of a type that a name has in an answer, at the end of its aliases. Throws Malformed: the aliases have no end. */
export const recordsOf = (message: DnsMessage, name: Bytes, type: RecordType): { end: Bytes; records: DnsRecord[] } => {
  let end = lower(name).replace(/\.$/, '')
  for (let left = MAX_ALIASES; ; left--) {
    const alias = message.answers.find((record) => record.owner === end && record.type === RECORD_TYPES.CNAME)
    if (alias === undefined) return { end, records: message.answers.filter((record) => record.owner === end && record.type === RECORD_TYPES[type]) }
    if (left === 0) throw new Malformed('too many aliases')
    end = nameAt(message.bytes, alias.start).name
  }
}
