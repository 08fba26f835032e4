import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetstringStream } from '../../../src/queued/netstring.ts'

const read = (text: string, pieceBytes: number, pauseAt = -1): { bodies: string[]; rest: string | undefined } => {
  const bodies: string[] = []
  let body = ''
  const stream = new NetstringStream({
    piece: (bytes) => {
      body += bytes.toString('latin1')
    },
    end: (length) => {
      assert.equal(length, body.length)
      bodies.push(body)
      body = ''
      return bodies.length !== pauseAt
    }
  })
  for (let at = 0; at < text.length; at += pieceBytes) {
    const rest = stream.push(Buffer.from(text.slice(at, at + pieceBytes), 'latin1'))
    if (rest) return { bodies, rest: rest.toString('latin1') + text.slice(at + pieceBytes) }
  }
  return { bodies, rest: undefined }
}

test('netstrings come out whole however they are cut', () => {
  for (const pieceBytes of [1, 2, 3, 100]) assert.deepEqual(read('5:ab:,c,0:,012:abcdefghijkl,', pieceBytes).bodies, ['ab:,c', '', 'abcdefghijkl'])
})

test('a reader that pauses gets the rest later', () => {
  assert.deepEqual(read('1:a,0:,2:bc,', 100, 2), { bodies: ['a', ''], rest: '2:bc,' })
})

for (const text of ['x', ':,', '-1:', '1 :', '2:abc', '1:a;', '9999999999:']) {
  test(`not a netstring: ${JSON.stringify(text)}`, () => assert.throws(() => read(text, 100)))
}
