import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { HEADER_BYTES, recordAt } from '../../../src/log/format.ts'
import type { Place } from '../../../src/log/place.ts'
import { MessageReader } from '../../../src/log/read-message.ts'
import { Draft } from '../../helpers/log-draft.ts'

const home = mkdtempSync(join(tmpdir(), 'qm-reader-'))
after(() => rmSync(home, { recursive: true, force: true }))
const log = join(home, 'queue', 'log')
mkdirSync(log, { recursive: true })

const placeOf = ({ bytes, last }: Draft): Place => ({ segment: 0, at: last, bytes: HEADER_BYTES + (recordAt(bytes, last)?.payloadBytes ?? 0) })
const NO_SUCH = /no such message in the log/

test('a message is read from its place, if it is there whole and has the right number', () => {
  const reader = new MessageReader(home)
  const draft = new Draft(1).message(11, 'one').message(12, 'two')
  const place = placeOf(draft)
  writeFileSync(join(log, '0'), draft.bytes)
  assert.equal(String(reader.read(12, place)), 'two')
  for (const [number, other] of [
    [11, place],
    [12, { ...place, at: place.at + 1 }],
    [12, { ...place, bytes: place.bytes - 1 }],
    [12, { ...place, bytes: 2 ** 30 }],
    [12, { ...place, at: 2 ** 30 }]
  ] as const)
    assert.throws(() => reader.read(number, other), NO_SUCH)
  assert.throws(() => reader.read(12, { ...place, segment: 3 }), { code: 'ENOENT' })
  assert.equal(String(reader.read(12, place)), 'two')
})

test('what was written over a place is not taken for what stood there', () => {
  const reader = new MessageReader(home)
  const old = new Draft(1).message(11, 'one')
  writeFileSync(join(log, '0'), old.bytes)
  assert.equal(String(reader.read(11, placeOf(old))), 'one')
  writeFileSync(join(log, '0'), new Draft(2).message(21, 'new').bytes)
  assert.throws(() => reader.read(11, placeOf(old)), NO_SUCH)
})

for (const [how, replace] of [
  ['replaced', (bytes: Buffer) => [writeFileSync(join(log, 'x'), bytes), renameSync(join(log, 'x'), join(log, '0'))]],
  ['removed and made anew', (bytes: Buffer) => [rmSync(join(log, '0')), writeFileSync(join(log, '0'), bytes)]]
] as const) {
  test(`a segment that was ${how} is the one that is read`, () => {
    const reader = new MessageReader(home)
    const [old, fresh] = [new Draft(1).message(11, 'old'), new Draft(2).message(11, 'new')]
    writeFileSync(join(log, '0'), old.bytes)
    assert.equal(String(reader.read(11, placeOf(old))), 'old')
    replace(fresh.bytes)
    assert.equal(String(reader.read(11, placeOf(fresh))), 'new')
    rmSync(join(log, '0'))
    assert.throws(() => reader.read(11, placeOf(fresh)), { code: 'ENOENT' })
  })
}
