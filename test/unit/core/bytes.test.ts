import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fsPath, leadingNumber, lower, splitAddress } from '../../../src/core/bytes.ts'

test('an address splits at its last @', () => {
  assert.deepEqual(splitAddress('a@b@c'), { box: 'a@b', host: 'c' })
  assert.deepEqual(splitAddress('a'), { box: 'a', host: undefined })
  assert.deepEqual(splitAddress('@'), { box: '', host: '' })
})

test('only ASCII letters change their case', () => {
  assert.equal(lower('AbZ\xc0\xd6'), 'abz\xc0\xd6')
})

test('leading digits are a number modulo 2^32', () => {
  for (const [text, number] of [
    ['7x', 7],
    ['10junk', 10],
    [' 7', undefined],
    ['-5', undefined],
    ['', undefined],
    ['99999999999', 1215752191],
    ['4294967295', 4294967295]
  ] as const) {
    assert.equal(leadingNumber(text), number, text)
  }
})

test('a path with foreign bytes keeps them', () => {
  assert.equal(fsPath('plain'), 'plain')
  assert.deepEqual(fsPath('\xff'), Buffer.from([0xff]))
})
