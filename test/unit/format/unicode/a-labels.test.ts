import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aLabels, formsOf, namesOf, withALabels } from '../../../../src/format/unicode/a-labels.ts'

const bytes = (text: string): string => Buffer.from(text).toString('latin1')

test('a domain in UTF-8 has a name in DNS, whatever its case and the width of its letters', () => {
  assert.equal(aLabels(bytes('MÜNCHEN.De')), 'xn--mnchen-3ya.de')
  assert.equal(aLabels(bytes('почта.рф')), 'xn--80a1acny.xn--p1ai')
  assert.equal(aLabels(bytes('ＥＸＡＭＰＬＥ.com')), 'example.com')
  assert.equal(aLabels(bytes('faß.de')), 'xn--fa-hia.de')
})

test('what is ASCII already, no UTF-8, or no domain has none; digits of other scripts make no address', () => {
  for (const domain of [
    'example.org',
    'xn--mnchen-3ya.de',
    '',
    'm\xfcnchen.de',
    bytes('a%2eü'),
    bytes('ü/x'),
    bytes('ü:25'),
    bytes('[ü]'),
    bytes('ü x'),
    bytes('x\u0080ü')
  ])
    assert.equal(aLabels(domain), undefined, domain)
  for (const domain of ['１２７.0.0.1', '1２7.1', '１', '0x７f.1', '１２７.0.0.1.']) assert.equal(aLabels(bytes(domain)), undefined, domain)
})

test('an address keeps its local part', () => {
  assert.equal(withALabels(bytes('Жанна@Почта.рф')), `${bytes('Жанна')}@xn--80a1acny.xn--p1ai`)
  assert.equal(withALabels(bytes('Жанна')), bytes('Жанна'))
  assert.equal(withALabels(bytes('Жанна@example.org')), bytes('Жанна@example.org'))
  assert.deepEqual(formsOf('a@b'), ['a@b'])
  assert.deepEqual(formsOf(bytes('a@ü.x')), [bytes('a@ü.x'), 'a@xn--tda.x'])
  assert.deepEqual(namesOf(bytes('ü.x')), [bytes('ü.x'), 'xn--tda.x'])
})
