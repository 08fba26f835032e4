import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BounceRate } from '../../../../src/send/bounce/rate.ts'

test("a minute's worth goes at once, more waits for its place, and what would wait for an hour gets none", () => {
  const rate = new BounceRate()
  const waits = Array.from({ length: 700 }, (_, id) => rate.wait(id, 'joe@x', 10, 1000))
  assert.deepEqual(waits.slice(0, 10), Array(10).fill(0))
  assert.deepEqual(waits.slice(10, 14), [6, 12, 18, 24])
  assert.equal(waits[609], 3600)
  assert.ok(waits.slice(610).every((wait) => wait === undefined))
  assert.equal(rate.wait(700, 'JOE@X', 10, 1000), undefined)
  assert.equal(rate.wait(701, 'ann@x', 10, 1000), 0)
})

test('a place is kept until the message is done with, and time gives new ones', () => {
  const rate = new BounceRate()
  for (let id = 0; id < 3; id++) rate.wait(id, 'joe@x', 2, 1000)
  assert.equal(rate.wait(2, 'joe@x', 2, 1000), 30)
  assert.equal(rate.wait(2, 'joe@x', 2, 1020), 10)
  assert.equal(rate.wait(2, 'joe@x', 2, 1031), 0)
  assert.ok(rate.has(2))
  rate.release(2)
  assert.ok(!rate.has(2))
  assert.equal(rate.wait(2, 'joe@x', 2, 1031), 29)
  assert.equal(rate.wait(3, 'joe@x', 2, 2000), 0)
})

test('without a limit nothing waits; addresses are forgotten again', () => {
  const rate = new BounceRate()
  for (let id = 0; id < 50_000; id++) assert.equal(rate.wait(id, 'joe@x', Number.POSITIVE_INFINITY, 1000), 0)
  for (let id = 0; id < 30_000; id++) rate.wait(100_000 + id, `u${id}@x`, 1, 2000 + id)
  assert.equal(rate.wait(200_000, 'u1@x', 1, 2002), 0, 'it was forgotten')
  assert.equal(rate.wait(200_001, 'u29999@x', 1, 31_999), 60)
})
