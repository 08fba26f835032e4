import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addCr, delCr, type Filter, fixCr } from '../../../src/format/crlf.ts'

const through = (filter: Filter, chunks: string[]): string =>
  Buffer.concat([...chunks.map((chunk) => filter.push(Buffer.from(chunk, 'latin1'))), filter.end()]).toString('latin1')

/** The text as one chunk, as single bytes, and cut at every place. */
const cuts = (text: string): string[][] => [[text], [...text], ...Array.from(text, (_, i) => [text.slice(0, i), text.slice(i)])]

test('each filter does the same wherever the chunks are cut', () => {
  const table: [name: string, make: () => Filter, text: string, out: string][] = [
    ['fixcrio', fixCr, 'a\nb\r\nc\r\r\n\n\r', 'a\r\nb\r\nc\r\r\n\r\n\r'],
    ['addcr', addCr, 'a\nb\r\nc\r\n\n', 'a\r\nb\r\r\nc\r\r\n\r\n'],
    ['delcr', delCr, 'a\nb\r\nc\r\r\nd\re\r', 'a\nb\nc\r\nd\re\r'],
    ['delcr', delCr, '\r\n\r\n', '\n\n'],
    ['fixcrio', fixCr, '', '']
  ]
  for (const [name, make, text, out] of table) for (const chunks of cuts(text)) assert.equal(through(make(), chunks), out, `${name} ${JSON.stringify(chunks)}`)
})
