import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Dialect, guessDialect, refusalList } from '../../../src/format/refusal-list.ts'

const refused = (dialect: Dialect, entries: string[], texts: string[], isRelay = false): string[] => {
  const { refuses } = refusalList(entries, dialect)
  return texts.filter((text) => refuses(text, isRelay))
}

test('plain: whole addresses, hosts, hosts below a domain; case does not matter', () => {
  const entries = ['Joe@Bad.Example', '@spam.example', '@', '.deep.example']
  const bad = ['joe@bad.example', 'JOE@BAD.EXAMPLE', 'a@b@spam.example', 'x@', 'x@a.deep.example']
  assert.deepEqual(refused('plain', entries, [...bad, 'jo@bad.example', 'x@sub.spam.example', 'spam.example', 'x@deep.example']), bad)
})

test('regex: any expression that matches, and with ! one that does not', () => {
  assert.deepEqual(refused('regex', ['^spam', '!@'], ['spammer@x', 'a@x', 'noat']), ['spammer@x', 'noat'])
  assert.deepEqual(refusalList(['(a+)+', 'b'], 'regex').bad, ['(a+)+'])
})

test('wildmat: stars, exemptions, entries that only count for strangers, and the empty text', () => {
  const entries = ['*@*.example', '!good@a.example', '@host.org', 'x*@relay.org+']
  assert.deepEqual(refused('wildmat', entries, ['a@b.example', 'good@a.example', 'u@host.org', 'xy@relay.org', 'y@relay.org']), [
    'a@b.example',
    'u@host.org',
    'xy@relay.org'
  ])
  assert.deepEqual(refused('wildmat', entries, ['xy@relay.org', 'a@b.example'], true), ['a@b.example'])
  assert.deepEqual(refused('wildmat', ['!'], ['', 'x']), [''])
})

test('auto guesses from what the entries look like', () => {
  assert.equal(guessDialect(['a@b', '@c']), 'plain')
  assert.equal(guessDialect(['a@b', '*@c']), 'wildmat')
  assert.equal(guessDialect(['.*@c']), 'regex')
  assert.equal(guessDialect(['@c$']), 'regex')
})
