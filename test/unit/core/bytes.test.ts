import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findLine, fsPath, leadingNumber, lineAt, lower, splitAddress } from '../../../src/core/bytes.ts'

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

test('one line of a text is found by how it begins, and cut out', () => {
  const text = 'a:1\nba:2\n\na:3\nc:4'
  assert.deepEqual([findLine(text, 'a:'), findLine(text, 'a:', 1), findLine(text, 'a:', 10), findLine(text, 'a:', 11)], [0, 10, 10, -1])
  assert.deepEqual([findLine(text, 'c:'), findLine(text, ':'), findLine('', 'a:')], [14, -1, -1])
  assert.deepEqual([lineAt(text, 0), lineAt(text, 9), lineAt(text, 14), lineAt(text, text.length)], ['a:1', '', 'c:4', ''])
})
