import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyEncoder, PartialLine } from '../../../src/format/smtp-body.ts'

const encoded = (...pieces: string[]): string => {
  const encoder = new BodyEncoder()
  const out = pieces.map((piece) => encoder.push(Buffer.from(piece, 'latin1')).toString('latin1'))
  return out.join('') + encoder.finish().toString('latin1')
}

const cases: [string, string][] = [
  ['', '.\r\n'],
  ['a\n', 'a\r\n.\r\n'],
  ['.\n..a\nb.\n\n', '..\r\n...a\r\nb.\r\n\r\n.\r\n'],
  ['a\r\n', 'a\r\n.\r\n'],
  ['a\rb\n', 'a\r\nb\r\n.\r\n'],
  ['a\r', 'a\r\n.\r\n'],
  ['a\r\r\nb\n', 'a\r\n\r\nb\r\n.\r\n'],
  ['a\n\rb\n', 'a\r\n\r\nb\r\n.\r\n'],
  ['a\r.\rb\r\n', 'a\r\n..\r\nb\r\n.\r\n'],
  ['\r\n.\r\n', '\r\n..\r\n.\r\n'],
  ['\0\xff\n', '\0\xff\r\n.\r\n']
]
for (const [stored, sent] of cases) {
  test(`${JSON.stringify(stored)} is sent as ${JSON.stringify(sent)}, however it is read`, () => {
    assert.equal(encoded(stored), sent)
    assert.equal(encoded(...stored), sent)
  })
}

test('nothing in a message ends it: no bare CR, no bare LF, no lone dot goes out', () => {
  const alphabet = ['\r', '\n', '.', 'a']
  for (let n = 0; n < 4 ** 6; n++) {
    const stored = Array.from({ length: 6 }, (_, i) => alphabet[Math.floor(n / 4 ** i) % 4]).join('')
    const sent = encoded(`${stored}\n`)
    const body = sent.slice(0, -3)
    assert.ok(!/\r(?!\n)|(?<!\r)\n/.test(body), JSON.stringify(stored))
    assert.ok(!body.split('\r\n').includes('.'), JSON.stringify(stored))
  }
})

test('a partial last line cannot be sent', () => {
  for (const stored of ['a', 'a\nb', 'a\n.']) assert.throws(() => encoded(stored), PartialLine)
})
