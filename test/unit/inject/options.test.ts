import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Usage } from '../../../src/core/failure.ts'
import { parseInjectOptions, recipientSources } from '../../../src/inject/command-line.ts'

const parse = (...args: string[]) => parseInjectOptions('qmail-inject', args)

test('letters may be joined, arguments attached or not, and the last of a kind counts', () => {
  assert.deepEqual(parse('-anN', '-fone', '-f', 'two', '-h', 'x'), { isDry: false, from: 'header', sender: 'two', letters: '', operands: ['x'] })
  assert.deepEqual(parse('-nfjoe'), { isDry: true, from: 'either', sender: 'joe', letters: '', operands: [] })
})

test('an argument may be empty, or look like an option or a number', () => {
  for (const value of ['', '-n', '--', '0x10', 'a=b', 'x\ny']) assert.equal(parse('-f', value).sender, value)
})

test('options end at the first operand, at a lone dash, and at any word that begins with two', () => {
  assert.deepEqual(parse('a', '-n').operands, ['a', '-n'])
  assert.deepEqual(parse('-', '-a').operands, ['-', '-a'])
  assert.deepEqual(parse('--', '-n').operands, ['-n'])
  assert.deepEqual(parse('--version', 'a').operands, ['a'])
  assert.deepEqual(parse('-n', '--', '--no-dry', '7').operands, ['--no-dry', '7'])
})

test('wrong letters and missing arguments are told in the name the program was called by', () => {
  assert.throws(() => parse('-nz'), new Usage('qmail-inject: illegal option -- z'))
  assert.throws(() => parse('-f'), new Usage('qmail-inject: option requires an argument -- f'))
})

test('recipients: arguments, header or both', () => {
  const sources = (...args: string[]) => recipientSources(parse(...args))
  assert.deepEqual(sources('x'), { useArguments: true, useHeader: false })
  assert.deepEqual(sources(), { useArguments: true, useHeader: true })
  assert.deepEqual(sources('-a'), { useArguments: true, useHeader: false })
  assert.deepEqual(sources('-h', 'x'), { useArguments: false, useHeader: true })
  assert.deepEqual(sources('-H', 'x'), { useArguments: true, useHeader: true })
})
