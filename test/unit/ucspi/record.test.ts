import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordLines } from '../../../src/ucspi/record.ts'

test('a line for each piece; `+` where a packet ends within a line; a packet is 256 bytes at most', () => {
  const lines = (text: string): string => recordLines('7 < ', Buffer.from(text, 'latin1'))
  assert.equal(lines('a\nb'), '7 < a \n7 < b+\n')
  assert.equal(lines('\xff\n\n'), '7 < \xff \n7 <  \n')
  assert.equal(lines('y'.repeat(300)), `7 < ${'y'.repeat(256)}+\n7 < ${'y'.repeat(44)}+\n`)
  assert.equal(lines(''), '')
})
