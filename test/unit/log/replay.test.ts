import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEADER_BYTES, PAGE_BYTES, recordAt } from '../../../src/log/format.ts'
import { replay } from '../../../src/log/replay.ts'
import { Draft, SEGMENT_BYTES } from '../../helpers/log-draft.ts'

const undone = (...segments: Draft[]): string[] => replayed(...segments).undone.map(({ number, message }) => `${number} ${message}`)
const replayed = (...segments: Draft[]) => replay(new Map(segments.map(({ bytes }, i) => [String(i), bytes])))

test('messages come out as they went in, in order, without those that are done', () => {
  const big = 2 ** 40 + 7
  const result = replayed(new Draft(1).message(11, 'one').message(big, 'two').page().message(13, '').done(11))
  assert.deepEqual(
    result.undone.map(({ number, envelope, message, time }) => [number, envelope.toString(), message.toString(), time]),
    [
      [big, `u1\0p2\0Fs${big}\0Tr\0`, 'two', 5],
      [13, 'u1\0p2\0Fs13\0Tr\0', '', 5]
    ]
  )
  assert.deepEqual([result.damage, result.torn, result.lastEpoch], [[], [], 1])
})

test('nothing was ever written', () => {
  assert.deepEqual(replay(new Map([['0', Buffer.alloc(SEGMENT_BYTES)]])), { undone: [], lastEpoch: 0, damage: [], torn: [] })
  assert.deepEqual(replay(new Map()), { undone: [], lastEpoch: 0, damage: [], torn: [] })
  assert.deepEqual(replay(new Map([['0', Buffer.alloc(0)]])).damage, [])
})

test("a number's newer message says that the older one is done; what was done before it came does not concern it", () => {
  assert.deepEqual(undone(new Draft(1).message(11, 'old').done(11).message(11, 'new')), ['11 new'])
  assert.deepEqual(undone(new Draft(1).message(11, 'old').page().message(11, 'new')), ['11 new'])
})

test('segments count in the order of their epochs, whatever their names', () => {
  const [first, second] = [new Draft(1).message(11, 'a').message(12, 'b'), new Draft(2, 1).done(11).message(13, 'c')]
  assert.deepEqual(undone(second, first), ['12 b', '13 c'])
})

test('epochs that are said to be done are not looked at', () => {
  assert.deepEqual(undone(new Draft(1).message(11, 'a'), new Draft(2).message(12, 'b')), ['12 b'])
})

test('what an earlier epoch left in a segment does not count', () => {
  const old = new Draft(1)
  for (let n = 0; n < 20; n++) old.page().message(100 + n, 'old')
  assert.deepEqual(undone(new Draft(2, 2, old.bytes).message(11, 'new')), ['11 new'])
})

test('a batch torn at any byte: what came before is there, nothing is said to be damaged', () => {
  const whole = new Draft(1).message(11, 'acknowledged').page().message(12, 'x'.repeat(5000)).message(13, 'third')
  const end = whole.last + HEADER_BYTES + 10
  for (let cut = 2 * PAGE_BYTES; cut < end; cut += 97) {
    const torn = Buffer.from(whole.bytes)
    torn.fill(0, cut, end + 100)
    const { undone: left, damage } = replay(new Map([['0', torn]]))
    assert.equal(left[0]?.message.toString(), 'acknowledged', `cut at ${cut}`)
    assert.ok(left.length <= 2)
    assert.deepEqual(damage, [], `cut at ${cut}`)
  }
})

test('a batch whose first page is missing and whose later pages are there', () => {
  const whole = new Draft(1).message(11, 'acknowledged').page().message(12, 'x'.repeat(5000)).message(13, 'third')
  whole.bytes.fill(0, 2 * PAGE_BYTES, 3 * PAGE_BYTES)
  const { undone: left } = replay(new Map([['0', whole.bytes]]))
  assert.deepEqual(
    left.map(({ number }) => number),
    [11, 13]
  )
})

test('damage in the middle costs what it hits, and is named', () => {
  const draft = new Draft(1).message(11, 'a').message(12, 'b')
  const at = draft.last
  draft.message(13, 'c').page().message(14, 'd')
  draft.bytes.writeUInt8(draft.bytes.readUInt8(at + HEADER_BYTES + 3) ^ 1, at + HEADER_BYTES + 3)
  assert.deepEqual(undone(draft), ['11 a', '13 c', '14 d'])
  assert.match(replayed(draft).damage.join(), /queue\/log\/0: 1 records before byte \d+ cannot be read/)
})

test('a damaged head: the first batch tells the epoch', () => {
  const draft = new Draft(3).message(11, 'a')
  draft.bytes.fill(0xff, 0, 40)
  assert.deepEqual(undone(draft), ['11 a'])
  assert.match(replayed(draft).damage.join(), /1 records before byte 4096/)
})

test('a segment that is missing, or of which nothing can be read, is named', () => {
  const last = new Draft(3, 1).message(12, 'b')
  assert.match(replayed(new Draft(1).message(11, 'a'), last).damage.join(), /segment of epoch 2 is missing/)
  const broken = new Draft(2, 1)
  broken.bytes.fill(0x55, 0, 2 * PAGE_BYTES)
  assert.match(replayed(new Draft(1), broken, last).damage.join(), /queue\/log\/1: nothing in it can be read/)
})

test("a stranger's message is no record, not even after damage before it", () => {
  const forged = new Draft(9).message(66, 'forged')
  const draft = new Draft(1).message(11, 'a').message(12, forged.bytes.subarray(0, 3 * PAGE_BYTES).toString('latin1'))
  draft.bytes.writeUInt8(77, draft.last + 20)
  draft.page().message(13, 'c')
  assert.deepEqual(
    replayed(draft).undone.map(({ number }) => number),
    [11, 13]
  )
})

test('a segment cut short holds what is left of it', () => {
  const draft = new Draft(1).message(11, 'a').page().message(12, 'b')
  const { undone: left } = replay(new Map([['0', draft.bytes.subarray(0, 2 * PAGE_BYTES)]]))
  assert.deepEqual(
    left.map(({ number }) => number),
    [11]
  )
})

test('a record is one only as a whole', () => {
  const draft = new Draft(1).message(11, 'whole')
  const { length } = draft.bytes
  const bytes = draft.bytes.subarray(draft.last, length)
  const end = HEADER_BYTES + (recordAt(bytes, 0)?.payloadBytes ?? 0)
  for (let cut = 0; cut < end; cut++) assert.equal(recordAt(bytes.subarray(0, cut), 0), undefined)
  for (let at = 0; at < end; at++) {
    const other = Buffer.from(bytes.subarray(0, end))
    other.writeUInt8(other.readUInt8(at) ^ 0x10, at)
    assert.equal(recordAt(other, 0), undefined, `byte ${at} changed`)
  }
})
