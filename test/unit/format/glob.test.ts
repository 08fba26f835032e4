import assert from 'node:assert/strict'
import { test } from 'node:test'
import { glob } from '../../../src/format/glob.ts'

test('* is any text, ? one byte, [..] one of a set, all else itself; the whole text counts', () => {
  const table: [pattern: string, yes: string[], no: string[]][] = [
    ['a*c', ['ac', 'abc', 'acc'], ['a', 'abcd', 'xac']],
    ['*', ['', 'x'], []],
    ['*a*b', ['ab', 'xaxb', 'aab'], ['a', 'abx']],
    ['?', ['x'], ['', 'xx']],
    ['[a-c]1', ['a1', 'c1'], ['d1', '1']],
    ['[!a-c]', ['d'], ['a']],
    ['[]x]', [']', 'x'], ['y']],
    ['a.c', ['a.c'], ['abc']],
    ['[', ['['], ['']]
  ]
  for (const [pattern, yes, no] of table) {
    for (const text of yes) assert.ok(glob(pattern)(text), `${pattern} ${text}`)
    for (const text of no) assert.ok(!glob(pattern)(text), `${pattern} ${text}`)
  }
})

test('many stars over a long text that does not match take no time', () => {
  const started = process.cpuUsage()
  assert.ok(!glob('*a*a*a*a*a*a*a*a*b')('a'.repeat(1000)))
  assert.ok(process.cpuUsage(started).user < 2_000_000)
})
