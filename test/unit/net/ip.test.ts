import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressBits, addressBytes, addressLiteral, addressText, canonicalAddress, reversedAddress } from '../../../src/net/ip.ts'

test('an address literal is four numbers, in brackets or not', () => {
  assert.equal(addressLiteral('[1.2.03.4]'), '1.2.3.4')
  for (const text of ['[1.2.3.4', '1.2.3.256', '1.2.3', 'a.b.c.d']) assert.equal(addressLiteral(text), undefined, text)
})

test('every way to write an IPv6 address comes to the same text', () => {
  const table: [written: string, text: string][] = [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['10:0:0:1::', '10:0:0:1::'],
    ['100:0:0:1:1:1:1:1', '100::1:1:1:1:1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['64:ff9b::192.0.2.7', '64:ff9b::c000:207'],
    ['fe80::1%eth0', 'fe80::1'],
    ['192.0.2.7', '192.0.2.7'],
    ['no.address', 'no.address']
  ]
  for (const [written, text] of table) assert.equal(canonicalAddress(written), text)
  for (const [, text] of table.slice(0, -1)) assert.equal(addressText(addressBytes(text) ?? Buffer.alloc(16)), text)
})

test('bits and names for DNS', () => {
  assert.equal(addressBits(addressBytes('10.0.0.255') ?? Buffer.alloc(4)), '00001010000000000000000011111111')
  assert.equal(reversedAddress('192.0.2.7'), '7.2.0.192')
  assert.equal(reversedAddress('2001:db8::1'), '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2')
  assert.equal(reversedAddress('nonsense'), undefined)
})
