import assert from 'node:assert/strict'
import { mkdtempSync, rmdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { mountPointOf } from '../../../src/lspawn/mounts.ts'
import { RoundsOfAll } from '../../../src/lspawn/rounds.ts'

const folder = mkdtempSync(join(tmpdir(), 'rounds-'))
after(() => rmdirSync(folder))
const { dev } = statSync(folder)
const isKnown = { skip: mountPointOf(dev) === undefined ? 'the file system of the temporary folder is not in the table of mounts' : false }

test('a device that is mounted nowhere has no rounds', async () => {
  assert.equal(await new RoundsOfAll(undefined).sync(2 ** 31), false)
})

test('those who wait for the same round are told in the same turn', isKnown, async () => {
  const rounds = new RoundsOfAll(undefined)
  let turn = 0
  const timer = setInterval(() => turn++, 1)
  const first = rounds.sync(dev)
  const later = await Promise.all([1, 2, 3].map(() => rounds.sync(dev).then(() => turn)))
  clearInterval(timer)
  await first
  assert.equal(new Set(later).size, 1)
})

test('rounds begin 50 ms apart', isKnown, async () => {
  const rounds = new RoundsOfAll(undefined)
  const began = performance.now()
  for (let round = 0; round < 4; round++) await rounds.sync(dev)
  assert.ok(performance.now() - began >= 140)
})

test('a round waits for nobody when nothing is being written any more', isKnown, async () => {
  let asked = 0
  const rounds = new RoundsOfAll(undefined, () => ++asked > 0)
  for (let round = 0; round < 10; round++) await rounds.sync(dev)
  assert.ok(asked > 0 && asked <= 20, `asked ${asked} times`) // found calm twice, the next begins; 50 ms would be a dozen times
})
