import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const file = home.at('queue', 'lock', 'tcpto')

/** Lays a record of the table. */
const record = (at: number, ip: string, count: number, secondsAgo: number): void => {
  const table = readFileSync(file)
  Buffer.from(ip.split('.').map(Number)).copy(table, at * 16)
  table[at * 16 + 4] = count
  table.writeUInt32LE(Math.floor(Date.now() / 1000) - secondsAgo, at * 16 + 8)
  writeFileSync(file, table)
}

test('qmail-tcpto lists what has timeouts, with their number and age', () => {
  record(0, '192.0.2.1', 3, 1000)
  record(1, '192.0.2.2', 0, 1000)
  record(63, '192.0.2.3', 10, 5)
  const r = runProgram(home, 'qmail-tcpto')
  assert.deepEqual([r.exit, r.stderr], [0, ''])
  assert.match(r.stdout, /^192\.0\.2\.1 timed out 1\d\d\d seconds ago; # recent timeouts: 3\n192\.0\.2\.3 timed out \d+ seconds ago; # recent timeouts: 10\n$/)
})

test('without a table it says so on descriptor 1', () => {
  rmSync(file)
  assert.deepEqual(runProgram(home, 'qmail-tcpto'), { exit: 111, stdout: 'fatal: unable to open tcpto: file does not exist\n', stderr: '' })
})
