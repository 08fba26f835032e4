import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cdbBytes } from '../../src/format/cdb.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const print = (bytes: Buffer) => runProgram(home, 'printforward', { fds: { 0: bytes.toString('latin1') } })

test('a table that is cut short, or none at all, is refused', () => {
  const whole = cdbBytes([[':a@b', '&c@d\0']])
  assert.deepEqual(print(whole), { exit: 0, stdout: 'a@b:\n, &c@d\n;\n', stderr: '' })
  const endless = Buffer.from(whole)
  endless.writeUInt32LE(whole.length + 10, 0)
  const wrong = Buffer.from(whole)
  wrong.writeUInt32LE(1000, 2048)
  for (const bytes of [Buffer.from('garbage'), whole.subarray(0, 2050), endless, wrong, cdbBytes([['x', 'y']])]) assert.equal(print(bytes).exit, 100)
})
