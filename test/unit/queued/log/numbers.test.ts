import assert from 'node:assert/strict'
import fs, { readdirSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Numbers } from '../../../../src/queued/log/numbers.ts'
import { makeHome } from '../../../helpers/home.ts'

const queue = (): { root: string; files: () => string[] } => {
  const home = makeHome()
  return { root: home.at('queue/'), files: () => readdirSync(home.at('queue', 'pid')) }
}

test('its numbers are the inode numbers of files in pid/, none given twice', async () => {
  const { root, files } = queue()
  const numbers = new Numbers(root, assert.fail)
  await numbers.start()
  const made = new Set(files())
  const first = numbers.take()
  assert.ok(made.has(String(first)))
  assert.notEqual(numbers.take(), first)
  numbers.end()
  assert.deepEqual(files(), [])
})

test('whenever it ends, also while it makes numbers, it leaves no file', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { root, files } = queue()
    const numbers = new Numbers(root, assert.fail)
    const started = numbers.start()
    for (let n = 0; n < turns; n++) await turn()
    numbers.end()
    await started
    assert.deepEqual(files(), [], `after ${turns} turns`)
    assert.equal(numbers.take(), undefined)
  }
})

test('what fails while they are made leaves nothing behind, and does not stand in the way of the next attempt', async (t) => {
  const { root, files } = queue()
  const numbers = new Numbers(root, assert.fail)
  t.mock.timers.enable({ apis: ['Date'] }) // both attempts in one second
  t.after(syncBuiltinESMExports)
  let renames = 0
  const renameSync = fs.renameSync
  t.mock.method(fs, 'renameSync', (from: string, to: string) => {
    if (++renames === 5) throw Object.assign(new Error('out of disk space'), { code: 'ENOSPC' })
    renameSync(from, to)
  })
  syncBuiltinESMExports()
  await assert.rejects(numbers.start(), /disk space/)
  assert.deepEqual(files(), [])
  await numbers.start()
  assert.ok(numbers.take() !== undefined)
  numbers.end()
  assert.deepEqual(files(), [])
})
