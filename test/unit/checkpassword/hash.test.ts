import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { fitsHash } from '../../../src/checkpassword/hash.ts'
import { hashPassword } from '../../../src/users/password.ts'

const skip = existsSync('/usr/bin/perl') ? false : 'needs perl'

test('hashes of crypt(3): what another program made of the password, and of no other', { skip }, () => {
  const hashes = [
    '$6$abc$MtSdWSZbhct2oe.SOqOUM2M/GA/uj5.vyVtJgRHgKi9uqXuWuJqOYE7H/YlsYGVg/YYzDV0xt3fEIwYt580.5.',
    '$5$abc$/LKlXd6vuvdFX3oWbf2vGk3DgflzzsvOtMZsiOxqqY5',
    '$y$j9T$abcdefgh$UGYCVcUwcoG0k8SZZ.Uz3i0RYQNy1YmYj4I4poBPer2',
    '$2b$05$abcdefghijklmnopqrstuuHIrMEWpUCQe2YqFR3sXwQ75u4od..9q'
  ]
  for (const hash of hashes) {
    assert.ok(fitsHash(hash, 'pw'), hash)
    for (const password of ['', 'pW', 'pw ', 'pw\0', 'pw\n']) assert.ok(!fitsHash(hash, password), `${hash} ${JSON.stringify(password)}`)
  }
})

test('scrypt, as qmail-vuser makes it', () => {
  const hash = hashPassword('p\xff')
  assert.ok(fitsHash(hash, 'p\xff'))
  assert.ok(!fitsHash(hash, 'p'))
})

test('what is no hash fits nothing', () => {
  for (const hash of ['', '*', '!', 'pw', '$1$abc$x', '$6$', '$scrypt$x', '{PLAIN}pw', 'x'.repeat(13)]) assert.ok(!fitsHash(hash, 'pw'), hash)
})
