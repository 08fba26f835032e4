import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()

test('from descriptor 0 to descriptor 1, however large', () => {
  const text = 'a\nb\r\nc\r\r\nd\re\xff\r'.repeat(20_000)
  const changed = text.replaceAll('\r\n', '\n')
  assert.deepEqual(runProgram(home, 'delcr', { input: text }), { exit: 0, stdout: changed, stderr: '' })
})
