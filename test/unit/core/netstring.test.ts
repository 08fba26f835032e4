import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Permanent } from '../../../src/core/failure.ts'
import { NetstringParser, netstring } from '../../../src/core/netstring.ts'

test('a netstring is length, colon, bytes, comma', () => {
  assert.equal(netstring('hello\0').toString('latin1'), '6:hello\0,')
  assert.equal(netstring('').toString('latin1'), '0:,')
})

test('netstrings are cut out whatever pieces they come in', () => {
  const stream = Buffer.concat([netstring('one'), netstring(''), netstring(Buffer.alloc(300, 7))])
  for (const size of [1, 2, 3, 7, 1000]) {
    const parser = new NetstringParser(1000)
    const found: number[] = []
    for (let at = 0; at < stream.length; at += size) {
      parser.push(stream.subarray(at, at + size))
      for (let body = parser.next(); body; body = parser.next()) found.push(body.length)
    }
    assert.deepEqual(found, [3, 0, 300])
  }
})

for (const bad of ['x:', '3:abcd', ':,', '-1:,', '99999999999999:', '1001:', '1:a;']) {
  test(`"${bad}" is a framing error`, () => {
    const parser = new NetstringParser(1000)
    parser.push(Buffer.from(bad))
    assert.throws(() => parser.next(), Permanent)
  })
}
