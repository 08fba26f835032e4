import assert from 'node:assert/strict'
import { test } from 'node:test'
import { typedAddress } from '../../../src/format/typed-address.ts'

test('an address in ASCII is rfc822, one in UTF-8 utf-8 and escaped, neither can make a line of its own', () => {
  assert.equal(typedAddress('joe@example.org'), 'rfc822; joe@example.org')
  assert.equal(typedAddress('a\nb\rc@d'), 'rfc822; a?b?c@d')
  assert.equal(typedAddress(Buffer.from('jürgen\\@exämple.org').toString('latin1')), 'utf-8; j\\x{FC}rgen\\x{5C}@ex\\x{E4}mple.org')
  assert.equal(typedAddress(Buffer.from('ü +=\x7f@x').toString('latin1')), 'utf-8; \\x{FC}\\x{20}\\x{2B}\\x{3D}\\x{7F}@x')
  assert.equal(typedAddress('j\xfcrgen@x'), 'rfc822; j?rgen@x')
  assert.equal(typedAddress(Buffer.from('😀\n@x').toString('latin1')), 'utf-8; \\x{1F600}?@x')
})

test('in a report that is global it stands as it is, but for what would be taken for something else', () => {
  const bytes = (text: string): string => Buffer.from(text).toString('latin1')
  assert.equal(typedAddress('joe@example.org', true), 'rfc822; joe@example.org')
  assert.equal(typedAddress(bytes('jürgen\\+ =@exämple.org'), true), `utf-8; ${bytes('jürgen')}\\x{5C}\\x{2B}\\x{20}\\x{3D}@${bytes('exämple.org')}`)
  assert.equal(typedAddress(bytes('ü\n\x85@x'), true), `utf-8; ${bytes('ü')}?\\x{85}@x`)
  assert.equal(typedAddress('j\xfc@x', true), 'rfc822; j?@x')
})
