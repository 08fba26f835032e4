import assert from 'node:assert/strict'
import { scryptSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { fitsHash } from '../../../src/checkpassword/hash.ts'

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

test('scrypt', () => {
  const salt = Buffer.from('0123456789abcdef')
  const key = scryptSync(Buffer.from('p\xff', 'latin1'), salt, 32, { N: 1024, r: 8, p: 1 })
  const bare = (data: Buffer): string => data.toString('base64').replace(/=+$/, '')
  const hash = `$scrypt$ln=10,r=8,p=1$${bare(salt)}$${bare(key)}`
  assert.ok(fitsHash(hash, 'p\xff'))
  assert.ok(!fitsHash(hash, 'p'))
  assert.throws(() => fitsHash(hash.replace('ln=10', 'ln=40'), 'p'), /scrypt/)
})

test('what is no hash fits nothing', () => {
  for (const hash of ['', '*', '!', 'pw', '$1$abc$x', '$6$', '$scrypt$x', '{PLAIN}pw', 'x'.repeat(13)]) assert.ok(!fitsHash(hash, 'pw'), hash)
})
