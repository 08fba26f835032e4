import assert from 'node:assert/strict'
import { test } from 'node:test'
import { posixRegex } from '../../../src/format/posix-regex.ts'

test('a POSIX extended expression: unanchored, case not minded, with its classes', () => {
  assert.ok(posixRegex('spam')?.('a@SPAM.example'))
  assert.ok(posixRegex('^[[:digit:]]+@')?.('123@x'))
  assert.ok(!posixRegex('^[[:digit:]]+@')?.('a123@x'))
  assert.ok(posixRegex('^[^[:alnum:]]')?.('-x'))
  assert.ok(posixRegex('\\.(ru|cn)$')?.('a@b.cn'))
})

test('what is malformed, too long, refers back, or could take for ever is none', () => {
  for (const pattern of ['(', '[a', 'x'.repeat(201), '(a)\\1', '(a+)+$', '((a|b)*)*', '(a|aa)+$', '([ab]*c)*', '.*.*.*.*.*x', '(?=x)'])
    assert.equal(posixRegex(pattern), undefined, pattern)
  assert.ok(posixRegex('(ab)+c')?.('ababc'))
  assert.ok(posixRegex('[(+]+x')?.('(+x'))
})

test('a subject is looked at up to 1,000 bytes', () => {
  assert.ok(!posixRegex('x')?.(`${' '.repeat(1000)}x`))
})
