import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Instruction, parseInstructions } from '../../../src/format/dotqmail.ts'

const short = (found: Instruction[]): string[] =>
  found.map((i) => (i.kind === 'refused' ? `refused ${/#[0-9.]+/.exec(i.text)?.[0]}` : `${i.kind} ${i.argument}`))

const cases: [string, string, boolean, string[]][] = [
  ['each first byte has its meaning', './a\n/b/\n|c d\n&e@f\ng@h\n', false, ['mbox ./a', 'maildir /b/', 'program c d', 'forward e@f', 'forward g@h']],
  ['trailing blanks go, leading ones and CR stay', './a \t\n& b@c \n d@e\n./m/\r\n', false, ['mbox ./a', 'forward  b@c', 'forward  d@e', 'mbox ./m/\r']],
  ['comments and later blank lines are skipped', '# a\n\n  \n&x@y\n', false, ['forward x@y']],
  ['a blank first line defers', '\n&x@y\n', false, ['refused #4.2.1']],
  ['a first line of blanks only, and no text at all, defer too', ' \t\n', false, ['refused #4.2.1']],
  ['an empty default delivery defers', '', false, ['refused #4.2.1']],
  ['a missing last LF is supplied', './a', false, ['mbox ./a']],
  ['a comment alone is a delivery to nowhere', '#\n', false, []],
  ['an ampersand alone forwards to the empty address', '&\n', false, ['forward ']],
  ['a NUL ends what is used', './a\0b/\n|c\0d\n&e\0f\n', false, ['maildir ./a', 'program c', 'forward e']],
  ['a line that begins with a NUL is an empty one', './a\n\0b@c\n', false, ['mbox ./a']],
  ['and as the first line defers', '\0b@c\n', false, ['refused #4.2.1']],
  ['forward-only refuses files where they are reached', '&a@b\n./x\n&c@d\n', true, ['forward a@b', 'refused #4.7.0']],
  ['forward-only refuses programs', '|x\n', true, ['refused #4.7.0']],
  ['+list forbids files and programs from there on', './a\n+list \n&b@c\n|d\n', false, ['mbox ./a', 'forward b@c', 'refused #4.7.0']],
  ['other plus lines mean nothing', '+lists\n+\n./a\n', false, ['mbox ./a']]
]

for (const [title, text, forwardOnly, expected] of cases) {
  test(`.qmail: ${title}`, () => assert.deepEqual(short(parseInstructions(text, forwardOnly)), expected))
}

test('.qmail: a long run of blanks takes no more time than other text', () => {
  const start = process.cpuUsage()
  assert.deepEqual(short(parseInstructions(`|a${' '.repeat(1_000_000)}b\n`, false)).length, 1)
  assert.ok(process.cpuUsage(start).user < 2_000_000)
})
