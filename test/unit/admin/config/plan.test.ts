import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wholeNameIn } from '../../../../src/admin/config/findings.ts'
import { checkedRelay, domainOf, planFor } from '../../../../src/admin/config/plan.ts'
import { Permanent } from '../../../../src/core/failure.ts'

test("defaultdomain and plusdomain are config-fast's (spec injection-admin.md 9)", () => {
  const domains = (host: string): (string | undefined)[] => {
    const plan = planFor({ role: 'host', host, domains: [], admin: 'joe@ex.org', relay: undefined })
    return ['defaultdomain', 'plusdomain'].map((name) => plan.find((file) => file.name === name)?.lines.join())
  }
  assert.deepEqual(domains('a.b.c.d'), ['b.c.d', 'c.d'])
  assert.deepEqual(domains('a.b.c'), ['b.c', 'b.c'])
  assert.deepEqual(domains('a.b'), ['a.b', 'a.b'])
  assert.equal(domainOf('a.b.c'), 'b.c')
})

test('a domain that is named twice stands once', () => {
  const plan = planFor({ role: 'host', host: 'a.b.c', domains: ['b.c', 'a.b.c', 'b.c'], admin: 'joe@ex.org', relay: undefined })
  assert.deepEqual(plan.find(({ name }) => name === 'locals')?.lines, ['localhost', 'a.b.c', 'b.c'])
})

test('relays are hosts and addresses, with a port or without', () => {
  for (const relay of ['relay.example', 'relay.example:587', '192.0.2.1', '[192.0.2.1]', '[2001:db8::1]:25', 'relay']) assert.equal(checkedRelay(relay), relay)
  for (const relay of ['', ':25', 'a b', 'relay:', 'relay:0', 'relay:65536', '[x]', '2001:db8::1', 'a|b'])
    assert.throws(() => checkedRelay(relay), Permanent, relay)
})

test('the whole name of a short one stands beside it in /etc/hosts', () => {
  const hosts = '127.0.0.1 localhost\n# 127.0.1.1 old.ex.org mail\n127.0.1.1\tmail.ex.org mail # me\n192.0.2.1 mailer.ex.org mailer\n'
  assert.equal(wholeNameIn(hosts, 'mail'), 'mail.ex.org')
  assert.equal(wholeNameIn(hosts, 'nobody'), undefined)
})
