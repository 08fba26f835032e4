import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenize } from '../../../src/format/token822.ts'
import { unparseLine } from '../../../src/format/unparse822.ts'
import { completeAddress, type Hosts, mustTokenize, rewrite, Unparsable } from '../../../src/inject/rewrite.ts'

const hosts: Hosts = { defaultHost: mustTokenize('dh'), defaultDomain: mustTokenize('d.ex'), plusDomain: mustTokenize('p.ex') }
const done = (text: string): string => unparseLine(rewrite(tokenize(text) ?? [], hosts))

const cases: [string, string][] = [
  ['a@b', 'a@b.d.ex'],
  ['root', 'root@dh.d.ex'],
  ['root@', 'root@dh.d.ex'],
  ['root@.', 'root@dh.d.ex'],
  ['a@b.c.', 'a@b.c'],
  ['a@b..c', 'a@b..c'],
  ['eric@mammoth.cs+', 'eric@mammoth.cs.p.ex'],
  ['a@b++', 'a@b+.p.ex'],
  ['a@+', 'a@.p.ex'],
  ['a+', 'a+@dh.d.ex'],
  ['djb@[128.32.183.163]', 'djb@[128.32.183.163]'],
  ['@h1,@h2:box@host.x', 'box@host.x'],
  ['@b', ''],
  ['@foo:', ''],
  ['.', ''],
  ['foo@[]', 'foo@[]'],
  ['', '']
]
for (const [given, complete] of cases) {
  test(`${given || '(nothing)'} becomes ${complete || '(nothing)'}`, () => assert.equal(done(given), complete))
}

test('a raw address is no header text: its box is quoted as a whole', () => {
  assert.equal(completeAddress('a b@c.d', hosts), 'a b@c.d')
  assert.equal(completeAddress('Foo <a@b.c>', hosts), 'Foo <a@b.c>')
  assert.equal(completeAddress('<>', hosts), '<>@dh.d.ex')
  assert.equal(completeAddress('list-@host-@[]', hosts), 'list-@host-@[]')
  assert.equal(completeAddress('', hosts), '')
})

test('a host that cannot be read gives no address, a setting that cannot is permanent and shown', () => {
  assert.equal(completeAddress('foo@(x', hosts), undefined)
  assert.throws(() => mustTokenize('d(h'), new Unparsable('d(h'))
})
