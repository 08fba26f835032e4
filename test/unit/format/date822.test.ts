import assert from 'node:assert/strict'
import { test } from 'node:test'
import { date822, dateMbox } from '../../../src/format/date822.ts'

test('header dates are UTC, without weekday, day not padded', () => {
  assert.equal(date822(1_000_000_000_000), '9 Sep 2001 01:46:40 -0000')
})

test('mbox dates are UTC, with weekday, day padded', () => {
  assert.equal(dateMbox(Date.UTC(2026, 10, 20, 21, 6, 6)), 'Fri Nov 20 21:06:06 2026')
  assert.equal(dateMbox(Date.UTC(2026, 0, 3)), 'Sat Jan 03 00:00:00 2026')
})
