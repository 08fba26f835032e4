import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenize, unquoted } from '../../../src/format/token822.ts'

const kinds = (text: string): string[] | undefined => tokenize(text)?.map(({ kind, text: t }) => `${kind} ${t}`)

test('specials, words and blanks', () => {
  assert.deepEqual(kinds('To: "a b" <c.d@[1.2]>'), ['atom To', ': :', 'quoted a b', '< <', 'atom c', '. .', 'atom d', '@ @', 'literal 1.2', '> >'])
})

test('comments nest and lose their inner parentheses', () => {
  assert.deepEqual(kinds('(a(b)\\))'), ['comment ab)'])
})

test('a backslash keeps the next byte in every word', () => {
  assert.deepEqual(kinds('a\\@b "x\\"y" [q\\]]'), ['atom a@b', 'quoted x"y', 'literal q]'])
})

test('an atom with bytes no atom has becomes a quoted string', () => {
  assert.deepEqual(kinds('\xe9t\xe9 a)b a\\\\b'), ['quoted \xe9t\xe9', 'quoted a)b', 'quoted a\\b'])
})

test('what has no end, or begins with a closing bracket, cannot be read', () => {
  for (const text of ['(a', '"a', '[a', '"a\\', '(a\\', ')', 'a ]']) assert.equal(tokenize(text), undefined, text)
})

test('an address without its quotes keeps brackets of literals and drops comments', () => {
  assert.equal(unquoted(tokenize('"a b"(c)@[1.2]') ?? []), 'a b@[1.2]')
})
