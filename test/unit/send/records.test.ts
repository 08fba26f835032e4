import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { FileRecords, UnknownRecord } from '../../../src/send/records.ts'
import { scratchFolder } from '../../helpers/send-rig.ts'

const all = (records: FileRecords): { at: number; address: string }[] => {
  const found = []
  for (let next = records.next(); next; next = records.next()) found.push(next)
  return found
}

test('undone recipients come with the place of their record, done ones and an unfinished end are passed over', () => {
  const path = join(scratchFolder(), 'local')
  writeFileSync(path, 'Da@b\0Tc@d\0T\0Dx\0Te')
  assert.deepEqual(all(new FileRecords(path)), [
    { at: 5, address: 'c@d' },
    { at: 10, address: '' }
  ])
})

test('lists far longer than one read keep their places', () => {
  const path = join(scratchFolder(), 'remote')
  const addresses = Array.from({ length: 20_000 }, (_, i) => `user${i}@${'h'.repeat(i % 50)}.example`)
  const text = addresses.map((a, i) => `${i % 3 ? 'T' : 'D'}${a}\0`).join('')
  writeFileSync(path, text)
  const found = all(new FileRecords(path))
  assert.equal(found.length, addresses.filter((_, i) => i % 3).length)
  for (const { at, address } of found) assert.equal(text.slice(at, at + address.length + 2), `T${address}\0`)
})

test('a record of another kind is an error of its own', () => {
  const path = join(scratchFolder(), 'local')
  writeFileSync(path, 'Ta\0Xb\0')
  const records = new FileRecords(path)
  assert.deepEqual(records.next(), { at: 0, address: 'a' })
  assert.throws(() => records.next(), UnknownRecord)
  records.close()
})
