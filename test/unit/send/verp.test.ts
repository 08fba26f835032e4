import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bounceAddress, senderFor } from '../../../src/send/verp.ts'

test('a sender PRE@HOST-@[] is made out for each recipient', () => {
  assert.equal(senderFor('own-@lists.example-@[]', 'q@x.wild.org'), 'own-q=x.wild.org@lists.example')
  assert.equal(senderFor('own-@lists.example-@[]', 'joe-catch-q@anything.com'), 'own-joe-catch-q=anything.com@lists.example')
  assert.equal(senderFor('own-@lists.example-@[]', 'a@b@c'), 'own-a@b=c@lists.example')
  assert.equal(senderFor('a@b@lists.example-@[]', 'q@x'), 'a@bq=x@lists.example')
})

test('every other sender stays as it is', () => {
  for (const sender of ['', '#@[]', 'a@b', 'x-@[]', '-@[]', 'own-@lists.example-@[] ']) assert.equal(senderFor(sender, 'q@x.org'), sender)
  assert.equal(senderFor('own-@lists.example-@[]', 'nohost'), 'own-@lists.example-@[]')
})

test('bounces go to the sender without the suffix', () => {
  assert.equal(bounceAddress('own-@lists.example-@[]'), 'own-@lists.example')
  assert.equal(bounceAddress('x-@[]'), 'x')
  assert.equal(bounceAddress('-@[]'), '')
  assert.equal(bounceAddress('#@[]'), '#@[]')
})
