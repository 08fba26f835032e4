import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TcptoChange, tcptoCheck, tcptoCleared, tcptoRecords, tcptoTimedOut } from '../../../src/format/tcpto.ts'

const NOW = 1_800_000_000
const apply = (table: Buffer, change: TcptoChange | undefined): Buffer => {
  change?.record.copy(table, change.offset)
  return table
}
const record = (ip: string, count: number, last: number): Buffer => {
  const b = Buffer.alloc(16, 0xee)
  Buffer.from(ip.split('.').map(Number)).copy(b)
  b.writeUInt8(count, 4)
  b.writeUInt32LE(last, 8)
  return b
}
const tableOf = (...records: Buffer[]): Buffer => Buffer.concat([...records, Buffer.alloc(1024)], 1024)

test('an address is skipped after two timeouts, for 3840 to 5824 seconds, depending on the process', () => {
  const table = tableOf(record('10.0.0.1', 2, NOW), record('10.0.0.2', 1, NOW))
  assert.equal(tcptoCheck(table, '10.0.0.1', NOW + 3839, 0), 'skip')
  assert.equal(tcptoCheck(table, '10.0.0.1', NOW + 3840, 0), 'known')
  assert.equal(tcptoCheck(table, '10.0.0.1', NOW + 5823, 31), 'skip')
  assert.equal(tcptoCheck(table, '10.0.0.1', NOW + 5824, 63), 'known')
  assert.equal(tcptoCheck(table, '10.0.0.2', NOW, 0), 'known')
  assert.equal(tcptoCheck(table, '10.0.0.3', NOW, 0), 'unknown')
})

test('a timeout within two minutes of the last one does not count', () => {
  const table = tableOf(record('10.0.0.1', 1, NOW))
  assert.equal(tcptoTimedOut(table, '10.0.0.1', NOW + 119), undefined)
  apply(table, tcptoTimedOut(table, '10.0.0.1', NOW + 120))
  assert.deepEqual(tcptoRecords(table)[0], { ip: '10.0.0.1', count: 2, last: NOW + 120 })
})

test('ten timeouts are the most', () => {
  const table = tableOf(record('10.0.0.1', 10, NOW - 500))
  apply(table, tcptoTimedOut(table, '10.0.0.1', NOW))
  assert.deepEqual(tcptoRecords(table)[0], { ip: '10.0.0.1', count: 10, last: NOW })
})

test('a new address takes the first free record, and keeps the bytes without a meaning', () => {
  const table = tableOf(record('10.0.0.1', 1, NOW), record('10.0.0.2', 0, NOW))
  const change = tcptoTimedOut(table, '10.0.0.9', NOW)
  assert.equal(change?.offset, 16)
  assert.equal(change?.record.toString('hex'), Buffer.concat([record('10.0.0.9', 1, NOW)]).toString('hex'))
})

test('in a full table the record with the smallest time plus 1024 a count makes room', () => {
  const records = Array.from({ length: 64 }, (_, n) => record(`10.0.1.${n}`, 5, NOW))
  records[7] = record('10.0.1.7', 6, NOW - 1025)
  records[9] = record('10.0.1.9', 1, NOW + 5 * 1024)
  assert.equal(tcptoTimedOut(Buffer.concat(records), '10.0.0.9', NOW)?.offset, 7 * 16)
})

test('any other sign of an address frees its record, and changes nothing else', () => {
  const table = tableOf(record('10.0.0.1', 3, NOW))
  apply(table, tcptoCleared(table, '10.0.0.1'))
  assert.deepEqual(tcptoRecords(table)[0], { ip: '10.0.0.1', count: 0, last: NOW })
  assert.equal(tcptoCleared(table, '10.0.0.1'), undefined)
  assert.equal(tcptoCleared(table, '10.0.0.2'), undefined)
})

test('a short table has fewer records, an empty one none', () => {
  assert.equal(tcptoTimedOut(Buffer.alloc(0), '10.0.0.1', NOW), undefined)
  assert.equal(tcptoTimedOut(Buffer.concat([record('10.0.0.2', 1, NOW), Buffer.alloc(15)]), '10.0.0.1', NOW)?.offset, 0)
})
