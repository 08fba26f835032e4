import assert from 'node:assert/strict'
import { test } from 'node:test'
import { typedAddress } from '../../../src/format/typed-address.ts'

test('an address in ASCII is rfc822, one in UTF-8 utf-8 and escaped, neither can make a line of its own', () => {
  assert.equal(typedAddress('joe@example.org'), 'rfc822; joe@example.org')
  assert.equal(typedAddress('a\nb\rc@d'), 'rfc822; a?b?c@d')
  assert.equal(typedAddress(Buffer.from('jürgen\\@exämple.org').toString('latin1')), 'utf-8; j\\x{FC}rgen\\x{5C}@ex\\x{E4}mple.org')
  assert.equal(typedAddress('j\xfcrgen@x'), 'rfc822; j?rgen@x')
  assert.equal(typedAddress(Buffer.from('😀\n@x').toString('latin1')), 'utf-8; \\x{1F600}?@x')
})
