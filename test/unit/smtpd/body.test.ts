import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyDecoder } from '../../../src/smtpd/body.ts'

interface Decoded {
  status: string
  text: string
  rest: string
  bytes: number
}

/** Decodes a wire text cut into chunks of `size`. */
const decode = (wire: string, size = wire.length): Decoded => {
  const decoder = new BodyDecoder()
  const pieces: Buffer[] = []
  const all = Buffer.from(wire, 'latin1')
  for (let at = 0; at < all.length; at += size) {
    const chunk = Buffer.from(all.subarray(at, at + size))
    const status = decoder.push(chunk, (piece) => pieces.push(Buffer.from(piece)))
    const result = { status, text: Buffer.concat(pieces).toString('latin1'), bytes: decoder.bytes }
    if (status !== 'more') return { ...result, rest: all.toString('latin1', at + decoder.consumed) }
  }
  return { status: 'more', text: Buffer.concat(pieces).toString('latin1'), rest: '', bytes: decoder.bytes }
}

const verified: [wire: string, text: string][] = [
  ['a\rb\r\rc\r\r\n.\rq\r\n..\rz\r\n.\r\r\n.\r\n', 'a\rb\r\rc\r\n.\rq\n.\rz\n.\r\n'],
  ['.\r\n', ''],
  ['\r\n.\r\n', '\n'],
  ['..\r\n.a\r\na.\r\n. \r\n.\r\n', '.\na\na.\n \n'],
  ['\0\xff\r\n.\r\n', '\0\xff\n'],
  [`${'x'.repeat(100_000)}\r\n.\r\n`, `${'x'.repeat(100_000)}\n`]
]

test('a body is decoded to the byte, however it is cut into chunks', () => {
  for (const [wire, text] of verified) {
    for (const size of wire.length > 1000 ? [wire.length, 65_536, 1000] : [1, 2, 3, 4, 5, wire.length]) {
      assert.deepEqual(
        decode(wire, size),
        { status: 'done', text, rest: decode(wire, size).rest, bytes: text.length },
        JSON.stringify([wire.slice(0, 40), size])
      )
    }
  }
})

test('what follows the lone dot is not part of the body', () => {
  assert.equal(decode('a\r\n.\r\nQUIT\r\n').rest, 'QUIT\r\n')
  assert.equal(decode('a\r\n.\r\nQUIT\r\n', 6).rest, 'QUIT\r\n')
})

test('a LF without CR is refused wherever it stands, and never ends a message', () => {
  for (const wire of ['\n', 'a\n', 'a\r\n\n', '.\n', '..\n', 'a\n.\n', 'a\n.\r\n', 'a\r\n.\n', '.\r.\n', '\r\r\n\n', '.x\n']) {
    for (const size of [1, 2, wire.length]) assert.equal(decode(wire, size).status, 'bareLf', JSON.stringify([wire, size]))
  }
})

test('lines that only look like the end are text', () => {
  for (const wire of ['a.\r\n', '. \r\n', '.\r', 'a\r.\r\n', '\r.\r\n', '..\r\n', '.']) assert.equal(decode(wire, 1).status, 'more', JSON.stringify(wire))
})

/** The same, said byte by byte as plainly as possible. */
const plainly = (wire: string): { status: string; text: string } => {
  let text = ''
  for (let at = 0; at < wire.length; ) {
    const lf = wire.indexOf('\n', at)
    if (lf < 0) break
    if (wire[lf - 1] !== '\r' || lf === at) return { status: 'bareLf', text: '' }
    const line = wire.slice(at, lf - 1)
    if (line === '.') return { status: 'done', text }
    text += `${line.startsWith('.') && line[1] !== '\r' ? line.slice(1) : line}\n`
    at = lf + 1
  }
  return { status: 'more', text: '' }
}

test('random bytes decode as a plain description of the rules says', () => {
  const alphabet = ['\r', '\n', '.', 'x', '\r\n', '\r\n.', '\r\n.\r\n']
  let seed = 1
  const random = (n: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return Math.floor((seed / 2147483648) * n)
  }
  for (let n = 0; n < 3000; n++) {
    const wire = Array.from({ length: 1 + random(14) }, () => alphabet[random(alphabet.length)]).join('')
    const want = plainly(wire)
    const got = decode(wire, 1 + random(5))
    assert.equal(got.status, want.status, JSON.stringify(wire))
    if (want.status === 'done') assert.equal(got.text, want.text, JSON.stringify(wire))
  }
})
