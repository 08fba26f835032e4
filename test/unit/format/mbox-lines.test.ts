import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mboxLines } from '../../../src/format/mbox-lines.ts'

function* pieces(text: string, size: number): Generator<Buffer> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size), 'latin1')
}
const whole = (text: string, size: number): string => Buffer.concat([...mboxLines(pieces(text, size))]).toString('latin1')

const cases: [string, string, string][] = [
  [
    'From_ lines are quoted, also those that were',
    'Subject: hi\n\nFrom here\n>From there\n>>From x\nFromage\n',
    'Subject: hi\n\n>From here\n>>From there\n>>>From x\nFromage\n\n'
  ],
  ['the first line too', 'From a\n', '>From a\n\n'],
  ['a partial last line gets an LF', 'a\nb', 'a\nb\n\n'],
  ['a last line that only begins like one', 'a\n>>Fro', 'a\n>>Fro\n\n'],
  ['an empty message is one LF', '', '\n'],
  ['CR and NUL do not begin a line', 'a\rFrom b\nx\0From c\n', 'a\rFrom b\nx\0From c\n\n'],
  ['8-bit bytes pass', '\xff\xe9\n', '\xff\xe9\n\n'],
  ['long lines pass', `${'>'.repeat(70)}From ${'x'.repeat(300)}From \n`, `>${'>'.repeat(70)}From ${'x'.repeat(300)}From \n\n`],
  ['quoted lines of any kind', '>>\n>\nFrom a\n>>>From \nxFrom \n> From \n>F\n', '>>\n>\n>From a\n>>>>From \nxFrom \n> From \n>F\n\n']
]

for (const [title, text, expected] of cases) {
  test(`mbox: ${title}, wherever the reads end`, () => {
    for (const size of [1, 2, 3, 5, 6, 11, 1000]) assert.equal(whole(text, size), expected, `in pieces of ${size}`)
  })
}

test('mbox: a line of nothing but > takes no more time than other text', () => {
  const start = process.cpuUsage()
  assert.equal(whole(`${'>'.repeat(4_000_000)}x\n`, 65_536).length, 4_000_003)
  assert.ok(process.cpuUsage(start).user < 2_000_000)
})
