import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Outgoing } from '../../../src/spawn/outgoing.ts'
import { SLAB_BYTES, takeSlab } from '../../../src/spawn/slab.ts'

const written = (outgoing: Outgoing): Buffer[] => {
  const pieces = outgoing.take(false)
  const copies = pieces.map(({ bytes }) => Buffer.from(bytes))
  for (const { slab } of pieces) slab?.giveBack()
  return copies
}

test('neighbours come into one piece, in order, also where they are more than fits into one', () => {
  const outgoing = new Outgoing()
  assert.equal(outgoing.isEmpty, true)
  const all = Array.from({ length: 300 }, (_, i) => Buffer.alloc(1 + ((i * 97) % 1500), `${i} `))
  for (const bytes of all) outgoing.add(bytes)
  assert.equal(outgoing.isEmpty, false)
  const pieces = written(outgoing)
  assert.ok(Buffer.concat(pieces).equals(Buffer.concat(all)))
  assert.equal(pieces.length, Math.ceil(Buffer.concat(all).length / (SLAB_BYTES - 1500)))
  assert.equal(outgoing.isEmpty, true)
  assert.deepEqual(written(outgoing), [])
})

test('a large piece goes as it is, between what came before and after it', () => {
  const outgoing = new Outgoing()
  const large = Buffer.alloc(SLAB_BYTES, 'l')
  outgoing.add(Buffer.from('before'))
  outgoing.add(large)
  outgoing.add(Buffer.from('after'))
  const [before, as, after, ...more] = outgoing.take(false)
  assert.equal(String(before?.bytes), 'before')
  assert.equal(as?.bytes, large)
  assert.equal(String(after?.bytes), 'after')
  assert.deepEqual(more, [])
})

test('one byte less than a slab is copied', () => {
  const outgoing = new Outgoing()
  const bytes = Buffer.alloc(SLAB_BYTES - 1, 'a')
  outgoing.add(bytes)
  bytes.fill('b')
  assert.ok(Buffer.concat(written(outgoing)).equals(Buffer.alloc(SLAB_BYTES - 1, 'a')))
})

test('what has to wait keeps no slab: the next is gathered in the same', () => {
  const slab = takeSlab()
  slab.giveBack()
  const outgoing = new Outgoing()
  const large = Buffer.alloc(SLAB_BYTES, 'l')
  outgoing.add(Buffer.from('waits'))
  outgoing.add(large)
  const [waiting, as] = outgoing.take(true)
  outgoing.add(Buffer.from('other'))
  const [other] = outgoing.take(false)
  assert.equal(as?.bytes, large)
  assert.equal(other?.bytes.buffer, slab.bytes.buffer)
  assert.notEqual(waiting?.bytes.buffer, slab.bytes.buffer)
  assert.deepEqual([String(waiting?.bytes), String(other?.bytes)], ['waits', 'other'])
})

test('what is taken and not yet sent stays, whatever is gathered meanwhile', () => {
  const outgoing = new Outgoing()
  outgoing.add(Buffer.from('first'))
  const first = outgoing.take(false)
  outgoing.add(Buffer.from('other'))
  assert.equal(String(first[0]?.bytes), 'first')
  for (const { slab } of first) slab?.giveBack()
  assert.equal(String(outgoing.take(false)[0]?.bytes), 'other')
})
