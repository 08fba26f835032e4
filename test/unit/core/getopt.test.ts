import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Usage } from '../../../src/core/failure.ts'
import { getopt } from '../../../src/core/getopt.ts'

const read = (...args: string[]) => {
  const { options, operands } = getopt('x', 'abc:', 'x: usage: x', args)
  return [options.map(({ letter, value }) => letter + value).join(' '), ...operands]
}

test('letters may be joined, values attached or not; the first operand or -- ends the options', () => {
  assert.deepEqual(read('-ab', '-cone', '-c', 'two', 'x', '-a'), ['a b cone ctwo', 'x', '-a'])
  assert.deepEqual(read('-a', '--', '-b'), ['a', '-b'])
  assert.deepEqual(read('-', '-a'), ['', '-', '-a'])
  assert.deepEqual(read('-c', ''), ['c'])
})

test('a letter that is unknown, or lacks its value, is wrong usage', () => {
  assert.throws(() => read('-ax'), new Usage('x: illegal option -- x\nx: usage: x'))
  assert.throws(() => read('-:'), Usage)
  assert.throws(() => read('-c'), new Usage('x: option requires an argument -- c\nx: usage: x'))
})
