import assert from 'node:assert/strict'
import { test } from 'node:test'
import { folded, isAllowedRecipient, sizeLimit } from '../../../src/serve/recipients.ts'

test('rcpthosts matches the host and suffixes that start with a dot', () => {
  const hosts = folded(['host.example', '.sub.example'])
  const more = (key: string): boolean => key === 'more.example' || key === '.more2.example'
  const isAllowed = (recipient: string): boolean => isAllowedRecipient(recipient, hosts, more)
  for (const r of ['u@host.example', 'u@HOST.example', 'a@b@host.example', 'nohost', '', 'u@a.sub.example', 'u@more.example', 'u@a.b.more2.example'])
    assert.ok(isAllowed(r), r)
  for (const r of ['u@', 'u@sub.example', 'u@x.host.example', 'u@[1.2.3.4]', 'u%host.example@other', 'u@more2.example']) assert.ok(!isAllowed(r), r)
})

test('without rcpthosts every recipient is taken, with an empty one none that has a host', () => {
  assert.ok(isAllowedRecipient('u@anywhere', undefined, () => false))
  assert.ok(!isAllowedRecipient('u@anywhere', new Set(), () => false))
})

test('$DATABYTES wins over the control file, also with 0', () => {
  assert.equal(sizeLimit(100, undefined), 100)
  assert.equal(sizeLimit(0, undefined), Number.POSITIVE_INFINITY)
  assert.equal(sizeLimit(100, '0'), Number.POSITIVE_INFINITY)
  assert.equal(sizeLimit(100, '7x'), 7)
  assert.equal(sizeLimit(100, 'x'), Number.POSITIVE_INFINITY)
  assert.equal(sizeLimit(0, '4294967295'), 4294967294)
})
