import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { flock, flockLater } from '../../../src/locks/flock.ts'
import { holdForLife } from '../../../src/locks/lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'flock-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const lockedElsewhere = (file: string): boolean => spawnSync('flock', ['-n', file, 'true']).status !== 0

test('a flock is held by our descriptor, seen by other programs, and gone when it is closed', () => {
  const file = join(folder, 'a')
  writeFileSync(file, '')
  const fd = openSync(file, 'r+')
  assert.equal(lockedElsewhere(file), false)
  assert.equal(flock(fd, 0), 'locked')
  assert.equal(lockedElsewhere(file), true)
  const second = openSync(file, 'r+')
  assert.equal(flock(second, 0), 'busy')
  closeSync(second)
  closeSync(fd)
  assert.equal(lockedElsewhere(file), false)
})

test('waiting for a flock does not stop anything else, and ends when the other lets go', async () => {
  const file = join(folder, 'b')
  writeFileSync(file, '')
  const [first, second] = [openSync(file, 'r+'), openSync(file, 'r+')]
  assert.equal(await flockLater(first, 0), 'locked')
  assert.equal(await flockLater(second, 0), 'busy')
  const waiting = flockLater(second, 10)
  setImmediate(() => closeSync(first))
  assert.equal(await waiting, 'locked')
  closeSync(second)
})

test('a descriptor that cannot be locked says so', () => {
  assert.equal(flock(9999, 0), 'failed')
})

test('the lock for life is one of those', () => {
  const file = join(folder, 'mutex')
  writeFileSync(file, '')
  assert.equal(holdForLife(file), true)
  assert.equal(lockedElsewhere(file), true)
  assert.equal(holdForLife(file), false)
  assert.throws(() => holdForLife(join(folder, 'missing')), { code: 'ENOENT' })
})
