import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Routing, rewrite, withoutPrepend } from '../../../src/queue/rewrite.ts'

const routing: Routing = {
  envnoathost: 'noat.example',
  percenthack: new Set(['percent.example', 'example.org']),
  locals: new Set(['example.org']),
  virtualdomains: new Map([
    ['nowhere.mil', 'joe-foo'],
    ['user@special.com', 'joe-sp'],
    ['.wild.org', 'joe-wild'],
    ['wild.org', 'joe-exact'],
    ['x.wild.org', ''],
    ['dup.com', 'second'],
    ['colon.com', 'joe:x']
  ])
}

test('recipients go where the table of the spec says', () => {
  const table: [string, 'local' | 'remote', string][] = [
    ['INFO@NoWhere.Mil', 'local', 'joe-foo-INFO@NoWhere.Mil'],
    ['user@special.com', 'local', 'joe-sp-user@special.com'],
    ['other@special.com', 'remote', 'other@special.com'],
    ['a@foo.wild.org', 'local', 'joe-wild-a@foo.wild.org'],
    ['a@wild.org', 'local', 'joe-exact-a@wild.org'],
    ['a@x.wild.org', 'remote', 'a@x.wild.org'],
    ['a@y.x.wild.org', 'local', 'joe-wild-a@y.x.wild.org'],
    ['a@dup.com', 'local', 'second-a@dup.com'],
    ['a@colon.com', 'local', 'joe:x-a@colon.com'],
    ['plain', 'remote', 'plain@noat.example'],
    ['', 'remote', '@noat.example'],
    ['a%percent.example', 'remote', 'a%percent.example@noat.example'],
    ['user%far.away@percent.example', 'remote', 'user@far.away'],
    ['a%b%example.org@percent.example', 'remote', 'a@b'],
    ['a%nowhere.mil@example.org', 'local', 'joe-foo-a@nowhere.mil'],
    ['joe%@percent.example', 'remote', 'joe@'],
    ['%@percent.example', 'remote', '@'],
    ['a@', 'remote', 'a@'],
    ['a@b@example.org', 'local', 'a@b@example.org'],
    ['@example.org', 'local', '@example.org'],
    ['weird"q@EXAMPLE.ORG', 'local', 'weird"q@EXAMPLE.ORG'],
    ['a@example.org.', 'remote', 'a@example.org.'],
    ['a@[127.0.0.1]', 'remote', 'a@[127.0.0.1]']
  ]
  for (const [recipient, channel, address] of table) assert.deepEqual(rewrite(recipient, routing), { channel, address }, recipient)
})

test('the empty key catches everything, but for exceptions that stop the search before it', () => {
  const catchAll = { ...routing, virtualdomains: new Map([...routing.virtualdomains, ['', 'all']]) }
  assert.deepEqual(rewrite('a@b.c.d', catchAll), { channel: 'local', address: 'all-a@b.c.d' })
  assert.deepEqual(rewrite('a@x.wild.org', catchAll), { channel: 'remote', address: 'a@x.wild.org' })
  assert.deepEqual(rewrite('a@example.org', catchAll), { channel: 'local', address: 'a@example.org' })
})

test('a bounce names the recipient without the prepend of its domain; user@domain keys do not count', () => {
  const { virtualdomains } = routing
  assert.equal(withoutPrepend('joe-foo-INFO@NoWhere.Mil', virtualdomains), 'INFO@NoWhere.Mil')
  assert.equal(withoutPrepend('joe-wild-a@foo.wild.org', virtualdomains), 'a@foo.wild.org')
  assert.equal(withoutPrepend('joe-sp-user@special.com', virtualdomains), 'joe-sp-user@special.com')
  assert.equal(withoutPrepend('joe-wild-a@x.wild.org', virtualdomains), 'joe-wild-a@x.wild.org')
  assert.equal(withoutPrepend('joe-x@both.com', new Map([['both.com', 'joe']])), 'x@both.com')
  assert.equal(withoutPrepend('other-x@both.com', new Map([['both.com', 'joe']])), 'other-x@both.com')
})

test('a domain that is not ASCII is found by its A-labels, after its own name', () => {
  const bytes = (text: string): string => Buffer.from(text).toString('latin1')
  const international: Routing = {
    ...routing,
    locals: new Set(['xn--bcher-kva.example', bytes('ä.example')]),
    percenthack: new Set(['xn--bcher-kva.example']),
    virtualdomains: new Map([
      ['.xn--lter-koa.example', 'joe-wild'],
      [bytes('x.älter.example'), 'joe-own'],
      ['joe@xn--lter-koa.example', 'joe-one'],
      ['', 'joe-all']
    ])
  }
  const table: [string, 'local' | 'remote', string][] = [
    ['a@Bücher.example', 'local', 'a@Bücher.example'],
    ['a@ä.example', 'local', 'a@ä.example'],
    ['a%ä.example@bücher.example', 'local', 'a@ä.example'],
    ['a@y.älter.example', 'local', 'joe-wild-a@y.älter.example'],
    ['a@x.Älter.example', 'local', 'joe-wild-a@x.Älter.example'],
    ['a@x.älter.example', 'local', 'joe-own-a@x.älter.example'],
    ['joe@älter.example', 'local', 'joe-one-joe@älter.example'],
    ['a@ö.example', 'local', 'joe-all-a@ö.example']
  ]
  for (const [given, channel, address] of table) assert.deepEqual(rewrite(bytes(given), international), { channel, address: bytes(address) }, given)
  assert.equal(withoutPrepend(bytes('joe-wild-a@y.älter.example'), international.virtualdomains), bytes('a@y.älter.example'))
})
