import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Permanent } from '../../../src/core/failure.ts'
import { facilityOf, SplogLines, steadyMicroseconds } from '../../../src/splogger/lines.ts'

const entries = (text: string, facility = 2): string[] => {
  let now = 1_795_209_860_000_007
  return new SplogLines(facility, () => now++).push(Buffer.from(text, 'latin1'))
}

test('a line gets priority, time in microseconds and its text; empty lines and one without an end get nothing', () => {
  assert.deepEqual(entries('new msg 5\n\nlost'), ['<22>1795209860.000007 new msg 5'])
})

test('the start of a line says how bad it is', () => {
  assert.deepEqual(
    entries('warning: w\nalert: a\nWarning: i\n').map((e) => e.slice(0, 4)),
    ['<20>', '<17>', '<22>']
  )
  assert.match(entries('x\n', 5)[0] ?? '', /^<46>/)
})

test('bytes that cannot be printed become question marks', () => {
  assert.match(entries('a\t\xe9%s\n')[0] ?? '', / a\?\?%s$/)
})

test('799 bytes are one piece, more are several with the same time and priority', () => {
  assert.equal(entries(`${'y'.repeat(799)}\n`).length, 1)
  const pieces = entries(`alert: ${'y'.repeat(800)}\nz\n`)
  assert.equal(pieces.length, 3)
  assert.equal(pieces[0]?.length, '<17>1795209860.000007 '.length + 799)
  assert.equal(pieces[1], '<17>1795209860.000007+yyyyyyyy')
  assert.equal(pieces[2], '<22>1795209860.000008 z')
})

test('a piece does not wait for the bytes of its line to come together', () => {
  const lines = new SplogLines(2, () => 1_000_000)
  assert.deepEqual([...lines.push(Buffer.from('ab')), ...lines.push(Buffer.from('c\nd'))], ['<22>1.000000 abc'])
})

test('facilities are numbers that syslog has; what is no number is 0', () => {
  assert.deepEqual(['2', '5x', 'mail', '-1', '23'].map(facilityOf), [2, 5, 0, 0, 23])
  for (const text of ['24', '99', '99999999999999999999']) assert.throws(() => facilityOf(text), Permanent)
})

test('entries of one millisecond have times of their own, and a clock set back is followed', () => {
  let now = 5000
  const clock = steadyMicroseconds(() => now)
  assert.deepEqual([clock(), clock(), clock()], [5_000_000, 5_000_001, 5_000_002])
  now = 10
  assert.equal(clock(), 10_000)
})
