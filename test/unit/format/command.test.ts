import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommand } from '../../../src/format/command.ts'

test('a line is cut at one CR before its end, at a NUL, and at the first space', () => {
  const table: [string, string, string][] = [
    ['QUIT\r', 'quit', ''],
    ['quit', 'quit', ''],
    ['MAIL   FROM:<a@b> x ', 'mail', 'FROM:<a@b> x '],
    ['noop\r\r', 'noop\r', ''],
    ['NO\0OP', 'no', ''],
    ['RCPT TO:<a\0b>\r', 'rcpt', 'TO:<a'],
    ['\tnoop', '\tnoop', ''],
    [' noop', '', 'noop'],
    ['helo ', 'helo', ''],
    ['', '', ''],
    ['noop\0 x', 'noop', '']
  ]
  for (const [line, verb, argument] of table) assert.deepEqual(parseCommand(line), { verb, argument }, JSON.stringify(line))
})
