import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasHeaderLine } from '../../../src/local/loop.ts'

const LINE = 'Delivered-To: joe@h\n'
/** The message cut into pieces of every size a reader may see. */
const inPieces = (text: string, size: number) => ({
  *chunks() {
    for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size), 'latin1')
  }
})

const cases: [string, string, boolean][] = [
  ['a header line of ours', `A: b\n${LINE}\nbody\n`, true],
  ['the first line', `${LINE}\n`, true],
  ['a last whole line without a body', LINE, true],
  ['a partial last line', 'Delivered-To: joe@h', false],
  ['the body', `A: b\n\n${LINE}`, false],
  ['other case', 'Delivered-to: joe@h\n\n', false],
  ['CR', 'Delivered-To: joe@h\r\n\n', false],
  ['a longer line with ours at its end', `X${LINE}\n`, false],
  ['a very long line before it', `X: ${'y'.repeat(500)}\n${LINE}\n`, true],
  ['an empty message', '', false]
]

for (const [title, text, expected] of cases) {
  test(`loop check: ${title}`, () => {
    for (const size of [1, 2, 7, 19, 20, 21, 1000]) assert.equal(hasHeaderLine(inPieces(text, size), LINE), expected, `in pieces of ${size}`)
  })
}
