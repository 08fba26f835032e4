import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SLAB_BYTES, takeSlab } from '../../../src/spawn/slab.ts'

test('what is given back is lent again; what is not, never', () => {
  const [one, other] = [takeSlab(), takeSlab()]
  assert.equal(one.bytes.length, SLAB_BYTES)
  assert.notEqual(one.bytes, other.bytes)
  one.giveBack()
  assert.equal(takeSlab().bytes, one.bytes)
  assert.notEqual(takeSlab().bytes, other.bytes)
})

test('giving back twice does not take it from who has it now', () => {
  const first = takeSlab()
  first.giveBack()
  const second = takeSlab()
  assert.equal(second.bytes, first.bytes)
  first.giveBack()
  assert.notEqual(takeSlab().bytes, second.bytes)
})

test('a bounded number waits to be lent again', () => {
  const many = Array.from({ length: 200 }, takeSlab)
  for (const slab of many) slab.giveBack()
  const before = new Set(many.map(({ bytes }) => bytes))
  const known = Array.from({ length: 200 }, takeSlab).filter(({ bytes }) => before.has(bytes))
  assert.ok(known.length > 0 && known.length < 100, `${known.length} of 200`)
})
