import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnvelopeTail, withNotes } from '../../../src/queue/envelope-tail.ts'

const read = (...pieces: string[]): string | undefined => {
  const tail = new EnvelopeTail()
  for (const piece of pieces) tail.push(Buffer.from(piece, 'latin1'))
  return tail.notes
}

test('notes behind an envelope come back, in whatever pieces; anything else is none', () => {
  const all = withNotes(Buffer.from('Fa\0Tb\0\0'), 'v=1 ret=F').toString('latin1')
  assert.equal(all, 'Fa\0Tb\0\x009:v=1 ret=F,')
  assert.equal(read('9:v=1 ret=F,'), 'v=1 ret=F')
  assert.equal(read(...'9:v=1 ret=F,'), 'v=1 ret=F')
  for (const junk of ['', 'JUNK', '9:v=1 ret=F', '9:v=1 ret=F;', '8:v=1 ret=F,', '9:v=1 ret=F,x', 'Fa\0Tb\0\0', ':,']) assert.equal(read(junk), undefined, junk)
  assert.ok(read('65536:', 'y'.repeat(65_536), ',') === 'y'.repeat(65_536))
  assert.ok(read('70000:', 'y'.repeat(70_000), ',') === undefined)
  assert.equal(withNotes(Buffer.from('Fa\0\0'), undefined).toString('latin1'), 'Fa\0\0')
})
