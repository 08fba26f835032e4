import assert from 'node:assert/strict'
import { test } from 'node:test'
import { itemsOf } from '../../../src/aliases/items.ts'
import { qualify } from '../../../src/aliases/qualify.ts'

const domains = (all: boolean) =>
  all
    ? { defaultHost: 'dh', defaultDomain: 'dd.com', plusDomain: 'pd.com' }
    : { defaultHost: 'mx.example.org', defaultDomain: 'mx.example.org', plusDomain: 'mx.example.org' }
const read = (line: string, all = false): string[] | undefined =>
  itemsOf(line, true)?.map((item) => (item.kind === 'include' ? `include ${item.file}` : qualify(item.tokens, domains(all))))

test('addresses become complete (the table of spec local-delivery.md 6)', () => {
  for (const [input, onlyMe, allSet] of [
    ['a', 'a@mx.example.org', 'a@dh.dd.com'],
    ['b@c', 'b@c.mx.example.org', 'b@c.dd.com'],
    ['d+', 'd+@mx.example.org', 'd+@dh.dd.com'],
    ['e@f+', 'e@f.mx.example.org', 'e@f.pd.com'],
    ['a@[1.2.3.4]', 'a@[1.2.3.4]', 'a@[1.2.3.4]'],
    ['a.b@', 'a.b@.mx.example.org', 'a.b@.dd.com'],
    ['"y@z"', 'y@z@mx.example.org', 'y@z@dh.dd.com'],
    ['bob (x, y) @h.d', 'bob@h.d', 'bob@h.d']
  ] as const) {
    assert.deepEqual(read(input), [onlyMe])
    assert.deepEqual(read(input, true), [allSet])
  }
})

test('a line is read from right to left, words next to each other apart', () => {
  assert.deepEqual(read('a@b.c e.f@g.h'), ['e.f@g.h', 'a@b.c'])
  assert.deepEqual(read('g: a@b.c, d@e.f;'), ['d@e.f', 'a@b.c', 'g@mx.example.org'])
  assert.deepEqual(read('user@: x.y'), ['user@x.y'])
  assert.deepEqual(read('<@r.x:u@h.d>'), ['@r.x:u@h.d'])
  assert.deepEqual(read('Joe [x] <a@b.c>'), ['a@b.c', '[x]@mx.example.org', 'Joe@mx.example.org'])
  assert.deepEqual(read('"Joe S." (c) x.y <a@b.c>, d@e.f'), ['d@e.f', 'a@b.c'])
  assert.deepEqual(read('l: : include : /etc/l'), ['include /etc/l', 'l@mx.example.org'])
})

test('what is not closed cannot be read', () => {
  for (const line of ['a (', '"a', '[a', 'a)b )', 'a>']) assert.equal(read(line), undefined, line)
})
