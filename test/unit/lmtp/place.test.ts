import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf } from '../../../src/lmtp/place.ts'

test('a path, a host, a port, an IPv6 address', () => {
  assert.deepEqual(placeOf('/run/dovecot/lmtp'), { path: '/run/dovecot/lmtp' })
  assert.deepEqual(placeOf('./s'), { path: './s' })
  assert.deepEqual(placeOf('mail.example'), { host: 'mail.example', port: 24 })
  assert.deepEqual(placeOf('127.0.0.1:2424'), { host: '127.0.0.1', port: 2424 })
  assert.deepEqual(placeOf('[::1]:24'), { host: '::1', port: 24 })
  for (const text of ['', 'a:0', 'a:99999', 'a:b', '::1']) assert.equal(placeOf(text), undefined, text)
})
