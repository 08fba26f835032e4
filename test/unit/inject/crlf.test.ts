import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unixLines } from '../../../src/inject/crlf.ts'

/** In pieces of one byte and as a whole: the same. */
const converted = (text: string): string => {
  const bytes = () => Buffer.from(text, 'latin1')
  const whole = Buffer.concat([...unixLines([bytes()].values())]).toString('latin1')
  const single = Buffer.concat([...unixLines(Array.from(bytes(), (b) => Buffer.of(b)).values())]).toString('latin1')
  assert.equal(single, whole)
  return whole
}

test('if the first line ends in CR LF, every CR LF becomes LF', () => {
  assert.equal(converted('To: a\r\n\r\nbody\r\nx\n'), 'To: a\n\nbody\nx\n')
})

test('a CR that no LF follows stays', () => {
  assert.equal(converted('a\r\nb\rc\r\r\nd\r'), 'a\nb\rc\r\nd\r')
})

test('if the first line ends in LF, nothing changes', () => {
  assert.equal(converted('To: a\n\r\nbody\r\n'), 'To: a\n\r\nbody\r\n')
  assert.equal(converted('no end\r'), 'no end\r')
  assert.equal(converted(''), '')
})
