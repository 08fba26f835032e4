import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Output, reportOf } from '../../../src/lspawn/report.ts'

test('exit codes become letters: unknown ones are failures for good, 99 too', () => {
  const letters: [number, string][] = [
    [0, 'K'],
    [71, 'Z'],
    [74, 'Z'],
    [75, 'Z'],
    [111, 'Z'],
    [1, 'D'],
    [70, 'D'],
    [99, 'D'],
    [100, 'D'],
    [101, 'D'],
    [127, 'D']
  ]
  for (const [code, letter] of letters) assert.equal(reportOf({ code, output: 'x\n' }), `${letter}x\n`, String(code))
})

test('codes of qmail-lspawn itself discard the output', () => {
  for (const code of [112, 113, 115, 116, 117, 118, 119, 120, 121]) assert.match(reportOf({ code, output: 'secret' }), /^Z(?!secret)[^\n]+\n$/)
  assert.equal(reportOf({ code: 126, output: 'x' }), 'DUnable to run qmail-local.\n')
})

test('a crash is temporary whatever was printed, and a NUL ends a report', () => {
  assert.equal(reportOf({ code: null, output: 'fatal' }), 'Zqmail-local crashed.\n')
  assert.equal(reportOf({ code: 100, output: 'abc\0def' }), 'Dabc')
})

test('output up to 3000 bytes is kept, more is cut to 2997 and says so', () => {
  const gather = (length: number, piece: number): string => {
    const output = new Output()
    for (let left = length; left > 0; left -= piece) output.add(Buffer.alloc(Math.min(left, piece), 'x'))
    return output.text
  }
  assert.equal(gather(3000, 128), 'x'.repeat(3000))
  for (const [length, piece] of [
    [3001, 1],
    [100_000, 65_536]
  ] as const) {
    assert.equal(gather(length, piece), `${'x'.repeat(2966)}\nError report too long, sorry.\n`)
  }
})
