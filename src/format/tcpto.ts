/**
 * The table of addresses that timed out (spec network.md 7): up to 64 records of 16 bytes. 0-3 the IPv4 address, 4 the number of
 * recent timeouts (0: free), 8-11 the time of the last one, little-endian Unix seconds. The other bytes are kept as they are.
 */
export const TCPTO_BYTES = 1024
const TCPTO_RECORD_BYTES = 16

const COUNT = 4
const LAST = 8
const MAX_COUNT = 10
/** This many timeouts, and an address is left alone for a while. */
const ENOUGH = 2
/** A second timeout this soon after the first says nothing new. */
const SETTLE_SECONDS = 120

export interface TcptoRecord {
  ip: string
  count: number
  /** Unix seconds. */
  last: number
}

/** A record to be written back: where it starts, and its 16 bytes. */
export interface TcptoChange {
  offset: number
  record: Buffer
}

const packed = (ip: string): number => Buffer.from(ip.split('.').map(Number)).readUInt32BE()
const offsets = (table: Buffer): number[] =>
  Array.from({ length: Math.floor(Math.min(table.length, TCPTO_BYTES) / TCPTO_RECORD_BYTES) }, (_, n) => n * TCPTO_RECORD_BYTES)
const countAt = (table: Buffer, offset: number): number => table.readUInt8(offset + COUNT)
const lastAt = (table: Buffer, offset: number): number => table.readUInt32LE(offset + LAST)
const find = (table: Buffer, ip: string): number | undefined => offsets(table).find((offset) => table.readUInt32BE(offset) === packed(ip))

/** All records of a table, free ones too, in order. */
export const tcptoRecords = (table: Buffer): TcptoRecord[] =>
  offsets(table).map((offset) => ({
    ip: Array.from(table.subarray(offset, offset + 4)).join('.'),
    count: countAt(table, offset),
    last: lastAt(table, offset)
  }))

/** What the table says about an address: not in it; in it; or in it, and not to be tried now. `pid` spreads the waiting times. */
export const tcptoCheck = (table: Buffer, ip: string, now: number, pid: number): 'unknown' | 'known' | 'skip' => {
  const offset = find(table, ip)
  if (offset === undefined) return 'unknown'
  const restSeconds = (60 + (pid % 32)) * 64
  return countAt(table, offset) >= ENOUGH && now - lastAt(table, offset) < restSeconds ? 'skip' : 'known'
}

/** The change after a connection timed out; undefined when nothing changes, or there is no room at all. */
export const tcptoTimedOut = (table: Buffer, ip: string, now: number): TcptoChange | undefined => {
  const known = find(table, ip)
  if (known !== undefined && countAt(table, known) > 0 && now < lastAt(table, known) + SETTLE_SECONDS) return undefined
  const offset = known ?? roomFor(table)
  if (offset === undefined) return undefined
  const record = Buffer.from(table.subarray(offset, offset + TCPTO_RECORD_BYTES))
  record.writeUInt32BE(packed(ip), 0)
  record.writeUInt8(known === undefined ? 1 : Math.min(countAt(table, known) + 1, MAX_COUNT), COUNT)
  record.writeUInt32LE(now >>> 0, LAST)
  return { offset, record }
}

/** A free record, else the one that says least: few timeouts, long ago. */
const roomFor = (table: Buffer): number | undefined => {
  const all = offsets(table)
  const weight = (offset: number): number => lastAt(table, offset) + 1024 * countAt(table, offset)
  const least = all.reduce<number | undefined>((best, offset) => (best === undefined || weight(offset) < weight(best) ? offset : best), undefined)
  return all.find((offset) => countAt(table, offset) === 0) ?? least
}

/** The change after a connection succeeded or failed in another way: the record is freed. Undefined when it is free, or absent. */
export const tcptoCleared = (table: Buffer, ip: string): TcptoChange | undefined => {
  const offset = find(table, ip)
  if (offset === undefined || countAt(table, offset) === 0) return undefined
  const record = Buffer.from(table.subarray(offset, offset + TCPTO_RECORD_BYTES))
  record.writeUInt8(0, COUNT)
  return { offset, record }
}
