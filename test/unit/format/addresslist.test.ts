import assert from 'node:assert/strict'
import { test } from 'node:test'
import { treatList } from '../../../src/format/addresslist.ts'
import { tokenize, unquoted } from '../../../src/format/token822.ts'
import { unparseLine } from '../../../src/format/unparse822.ts'

/** The list written back, and the addresses in the order they were met. */
const walk = (text: string): { text: string | undefined; met: string[] } => {
  const met: string[] = []
  const list = treatList(tokenize(text) ?? [], (address) => {
    met.push(unquoted(address))
    return address
  })
  return { text: list && unparseLine(list), met }
}

test('addresses are met from right to left', () => {
  assert.deepEqual(walk('a@b, c@d'), { text: 'a@b, c@d', met: ['c@d', 'a@b'] })
})

test('words side by side are addresses of their own, a comma is put between', () => {
  assert.deepEqual(walk('djb fred'), { text: 'djb, fred', met: ['fred', 'djb'] })
  assert.deepEqual(walk('f@g <h@i.j> k@l.m'), { text: 'f@g <h@i.j>, k@l.m', met: ['k@l.m', 'h@i.j'] })
})

test('comments move behind the address they are in', () => {
  assert.deepEqual(walk('foo (com(ment)) @ bar . baz'), { text: 'foo@bar.baz (comment)', met: ['foo@bar.baz'] })
})

test('brackets hold an address even if they are empty', () => {
  assert.deepEqual(walk('x, <>'), { text: 'x, <>', met: ['', 'x'] })
  assert.deepEqual(walk('<a@b> <c@d>'), { text: '<a@b> <c@d>', met: ['c@d', 'a@b'] })
})

test('group names are kept, and empty elements too', () => {
  assert.deepEqual(walk('random group: g@h, i@j;, k'), { text: 'random group: g@h, i@j;, k', met: ['k', 'i@j', 'g@h'] })
  assert.deepEqual(walk('a, , b,'), { text: 'a, , b,', met: ['b', 'a'] })
  assert.deepEqual(walk('x; y'), { text: 'x;, y', met: ['y', 'x'] })
})

test('addresses right of a syntax error have been met', () => {
  assert.deepEqual(walk('a: b, c'), { text: undefined, met: ['c', 'b'] })
  assert.deepEqual(walk('a; b; c'), { text: undefined, met: ['c', 'b'] })
  assert.deepEqual(walk('a@b.c>'), { text: undefined, met: ['a@b.c'] })
})
