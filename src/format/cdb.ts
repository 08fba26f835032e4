import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { Permanent, Temporary } from '../core/failure.ts'

const HEADER_BYTES = 2048

/** The hash of a key: h = h * 33 ^ c from 5381, modulo 2^32 (spec local-delivery.md 1). */
export const cdbHash = (key: Buffer): number => {
  let h = 5381
  for (const byte of key) h = ((((h << 5) >>> 0) + h) ^ byte) >>> 0
  return h
}

/** A whole cdb file of these records, in this order; equal keys are all kept, a look-up finds the first. */
export const cdbBytes = (records: Iterable<readonly [Bytes, Bytes]>): Buffer => {
  const parts: Buffer[] = []
  const tables: { hash: number; at: number }[][] = Array.from({ length: 256 }, () => [])
  let at = HEADER_BYTES
  for (const [keyText, dataText] of records) {
    const [key, data] = [Buffer.from(keyText, 'latin1'), Buffer.from(dataText, 'latin1')]
    const head = Buffer.alloc(8)
    head.writeUInt32LE(key.length, 0)
    head.writeUInt32LE(data.length, 4)
    parts.push(head, key, data)
    const hash = cdbHash(key)
    tables[hash & 255]?.push({ hash, at })
    at += 8 + key.length + data.length
  }
  const header = Buffer.alloc(HEADER_BYTES)
  for (const [n, entries] of tables.entries()) {
    const table = Buffer.alloc(entries.length * 16)
    const slots = entries.length * 2
    for (const { hash, at: record } of entries) {
      let slot = (hash >>> 8) % slots
      while (table.readUInt32LE(slot * 8 + 4) !== 0) slot = (slot + 1) % slots
      table.writeUInt32LE(hash, slot * 8)
      table.writeUInt32LE(record, slot * 8 + 4)
    }
    header.writeUInt32LE(at, n * 8)
    header.writeUInt32LE(slots, n * 8 + 4)
    parts.push(table)
    at += table.length
  }
  return Buffer.concat([header, ...parts])
}

/** All records of a whole cdb file, in their order. A file that is none: Permanent, "bad database format". */
export function* cdbRecords(bytes: Buffer): Generator<[Bytes, Bytes]> {
  const end = bytes.length < HEADER_BYTES ? 0 : bytes.readUInt32LE(0)
  const bad = new Permanent('bad database format')
  if (end < HEADER_BYTES || end > bytes.length) throw bad
  for (let at = HEADER_BYTES; at < end; ) {
    if (at + 8 > end) throw bad
    const [key, data] = [at + 8 + bytes.readUInt32LE(at), at + 8 + bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4)]
    if (data > end) throw bad
    yield [bytes.toString('latin1', at + 8, key), bytes.toString('latin1', key, data)]
    at = data
  }
}

/** A cdb file opened for look-ups. A short or impossible read is Temporary, never "absent". */
export class Cdb {
  readonly #fd: number
  readonly #size: number
  readonly #whole: Buffer | undefined

  /** Opens the file; one of up to `wholeBytes` is read whole, for many look-ups. Throws system errors (ENOENT among them) for the caller to judge. */
  constructor(path: string, wholeBytes = 0) {
    this.#fd = openSync(path, 'r')
    this.#size = fstatSync(this.#fd).size
    if (this.#size <= wholeBytes) this.#whole = this.#read(0, this.#size)
  }

  close(): void {
    closeSync(this.#fd)
  }

  #read(at: number, length: number): Buffer {
    if (at + length > this.#size) throw new Temporary('truncated cdb file')
    if (this.#whole !== undefined) return this.#whole.subarray(at, at + length)
    const buffer = Buffer.alloc(length)
    let have = 0
    while (have < length) {
      const n = readSync(this.#fd, buffer, have, length - have, at + have)
      if (n === 0) throw new Temporary('truncated cdb file')
      have += n
    }
    return buffer
  }

  /** The data of the first record with this key, or undefined. */
  get(keyText: Bytes): Bytes | undefined {
    const key = Buffer.from(keyText, 'latin1')
    const hash = cdbHash(key)
    const pointer = this.#read((hash & 255) * 8, 8)
    const [table, slots] = [pointer.readUInt32LE(0), pointer.readUInt32LE(4)]
    for (let probe = 0; probe < slots; probe++) {
      const slot = this.#read(table + (((hash >>> 8) + probe) % slots) * 8, 8)
      const record = slot.readUInt32LE(4)
      if (record === 0) return undefined
      if (slot.readUInt32LE(0) !== hash) continue
      const head = this.#read(record, 8)
      const [keyLength, dataLength] = [head.readUInt32LE(0), head.readUInt32LE(4)]
      if (keyLength === key.length && this.#read(record + 8, keyLength).equals(key)) return this.#read(record + 8 + keyLength, dataLength).toString('latin1')
    }
    return undefined
  }
}
