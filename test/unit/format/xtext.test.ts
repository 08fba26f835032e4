import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromXtext, isXtext, toXtext } from '../../../src/format/xtext.ts'

test('every byte has its xtext, and comes back from it', () => {
  const all = Array.from({ length: 256 }, (_, n) => String.fromCharCode(n)).join('')
  assert.ok(isXtext(toXtext(all)))
  assert.equal(fromXtext(toXtext(all)), all)
  assert.equal(toXtext('joe+x=1 @x'), 'joe+2Bx+3D1+20@x')
})

test('what is no xtext is not taken for it', () => {
  for (const text of ['a b', 'a=b', 'a+b', 'a+4', 'a+4g', 'a+4a', 'caf\xe9', 'a\x7f', 'a\n']) assert.ok(!isXtext(text), text)
  for (const text of ['', 'a+2B', '!~,<>', 'joe@x']) assert.ok(isXtext(text), text)
})
