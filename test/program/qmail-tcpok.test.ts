import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const file = home.at('queue', 'lock', 'tcpto')

test('it forgets all timeouts, without a change of size', () => {
  writeFileSync(file, Buffer.alloc(1024, 1))
  assert.deepEqual(runProgram(home, 'qmail-tcpok'), { exit: 0, stdout: '', stderr: '' })
  assert.deepEqual(readFileSync(file), Buffer.alloc(1024))
})

test('without a table it says so', () => {
  rmSync(file)
  const r = runProgram(home, 'qmail-tcpok')
  assert.deepEqual([r.exit, r.stderr], [111, `qmail-tcpok: fatal: unable to write ${file}: file does not exist\n`])
})
