import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenize } from '../../../src/format/token822.ts'
import { unparse, unparseLine } from '../../../src/format/unparse822.ts'

const line = (text: string): string => unparseLine(tokenize(text) ?? [])

test('one blank where one is due and no other', () => {
  assert.equal(line('To:a@b,Joe  Q.  Public<c @ d>(x),'), 'To: a@b, Joe Q.Public <c@d>(x),')
  assert.equal(line('To:'), 'To:')
  assert.equal(line('To: undisclosed:;'), 'To: undisclosed: ;')
})

test('bytes that would end a word are escaped', () => {
  assert.equal(line('"a\\"b" (c\\)d) a\\(b'), '"a\\"b" (c\\)d) a\\(b')
})

/** To: plus an address so that the first line, comma included, has `bytes` bytes; then a second address. */
const folded = (bytes: number, second: string): string => unparse(tokenize(`To: ${'a'.repeat(bytes - 4 - 3 - second.length)}, ${second},c`) ?? [])

test('a line of 78 bytes stays, one of 79 is folded after the comma before', () => {
  assert.equal(folded(78, 'b@h').split('\n')[0]?.length, 78)
  assert.match(folded(79, 'b@h'), /^To: a+,\n {2}b@h, c\n$/)
})

test('folding breaks at commas between addresses only', () => {
  const long = `"${'x, '.repeat(40)}"`
  assert.equal(unparse(tokenize(`To: ${long}@h`) ?? []), `To: ${long}@h\n`)
})
