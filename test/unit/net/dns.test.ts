import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dnsServers } from '../../../src/net/dns.ts'

test('$DNSCACHEIP is one address or several packed, with an optional port', () => {
  assert.deepEqual(dnsServers({ DNSCACHEIP: '10.0.0.1' }), ['10.0.0.1'])
  assert.deepEqual(dnsServers({ DNSCACHEIP: '10.0.0.1.192.168.0.2' }), ['10.0.0.1', '192.168.0.2'])
  assert.deepEqual(dnsServers({ DNSCACHEIP: '127.0.0.1:5353' }), ['127.0.0.1:5353'])
})

test('without a usable $DNSCACHEIP the configuration of the machine decides', () => {
  for (const value of ['', 'x', '1.2.3', '300.1.1.1', '::1']) assert.equal(dnsServers({ DNSCACHEIP: value }), undefined)
  assert.equal(dnsServers({}), undefined)
})
