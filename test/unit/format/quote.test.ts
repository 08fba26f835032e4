import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quoteAddress } from '../../../src/format/quote.ts'

for (const [raw, quoted] of [
  ['', ''],
  ['a b@c d', '"a b"@c d'],
  ['a"b\\c@y', '"a\\"b\\\\c"@y'],
  ['nohost', 'nohost'],
  ['.dot..@y@z', '".dot..@y"@z'],
  ['@h', '""@h'],
  ['#@[]', '#@[]'],
  ['a\nb@h', '"a\\\nb"@h'],
  ['x.@y', '"x."@y'],
  ['..@y', '".."@y'],
  ['a@b@c', '"a@b"@c'],
  ['send er@b%%c.org', '"send er"@b%%c.org'],
  ['\xe9@x', '"\xe9"@x']
]) {
  test(`${JSON.stringify(raw)} is written ${JSON.stringify(quoted)}`, () => assert.equal(quoteAddress(raw ?? ''), quoted))
}
