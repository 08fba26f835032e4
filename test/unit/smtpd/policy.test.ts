import assert from 'node:assert/strict'
import { test } from 'node:test'
import { folded } from '../../../src/serve/recipients.ts'
import { isBadSender } from '../../../src/smtpd/policy.ts'

test('badmailfrom knows whole addresses and hosts, not subdomains, and never the empty sender', () => {
  const bad = folded(['Joe@Bad.Example', '@spam.example', '@', ''])
  for (const sender of ['joe@bad.example', 'JOE@BAD.EXAMPLE', 'a@b@spam.example', 'x@']) assert.ok(isBadSender(bad, sender), sender)
  for (const sender of ['', 'jo@bad.example', 'x@sub.spam.example', 'spam.example']) assert.ok(!isBadSender(bad, sender), sender)
})
