import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packTrailer, parseTrailer, TRAILER_BYTES } from '../../../src/queue/drop-format.ts'

const trailer = { messageBytes: 123_456_789_012, envelopeBytes: 12, pid: 4_194_304, startMs: 1_795_221_946_450 }
const fileBytes = trailer.messageBytes + trailer.envelopeBytes + TRAILER_BYTES

test('a trailer has its fixed size and says what was put into it', () => {
  const packed = packTrailer(trailer)
  assert.equal(packed.length, TRAILER_BYTES)
  assert.deepEqual(parseTrailer(packed, fileBytes), trailer)
})

test('a trailer that does not fit the size of the file does not count', () => {
  assert.equal(parseTrailer(packTrailer(trailer), fileBytes - 1), undefined)
  assert.equal(parseTrailer(packTrailer(trailer), fileBytes + 1), undefined)
})

test('anything else is not a trailer', () => {
  for (const text of [
    '',
    'x'.repeat(TRAILER_BYTES),
    packTrailer(trailer).toString().replace('drop 1', 'drop 2'),
    packTrailer(trailer).toString().replace('\n', ' ')
  ])
    assert.equal(parseTrailer(Buffer.from(text), fileBytes), undefined)
})
