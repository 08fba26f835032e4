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

test("chunks that are the caller's again are copied, those of a long netstring too", () => {
  const stream = Buffer.concat([netstring('one'), netstring('x'.repeat(5000)), netstring('two')])
  for (const size of [1, 4, 2000, 9000]) {
    const parser = new NetstringParser(10_000, true)
    const found: Buffer[] = []
    const chunk = Buffer.alloc(size)
    for (let at = 0; at < stream.length; at += size) {
      parser.push(chunk.subarray(0, stream.copy(chunk, 0, at)))
      for (let body = parser.next(); body; body = parser.next()) found.push(body)
    }
    assert.deepEqual(
      found.map((body) => body.toString()),
      ['one', 'x'.repeat(5000), 'two']
    )
  }
})

test('what came behind the last netstring is there, also when it is the beginning of another', () => {
  const parser = new NetstringParser(1000)
  parser.push(Buffer.from('3:one,007:be'))
  assert.equal(parser.next()?.toString(), 'one')
  assert.equal(parser.rest.toString(), '007:be')
  assert.equal(parser.next(), undefined)
  assert.equal(parser.rest.toString(), '007:be')
  parser.push(Buffer.from('gun')) // of seven
  assert.equal(parser.rest.toString(), '007:begun')
  parser.push(Buffer.from('it;'))
  assert.throws(() => parser.next(), Permanent)
})

for (const bad of ['x:', '3:abcd', ':,', '-1:,', '99999999999999:', '1001:', '1:a;']) {
  test(`"${bad}" is a framing error`, () => {
    const parser = new NetstringParser(1000)
    parser.push(Buffer.from(bad))
    assert.throws(() => parser.next(), Permanent)
  })
}
