import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { FolderSync } from '../../../src/queued/group-commit.ts'

test('whoever comes while a folder is being synced waits for the next sync', async () => {
  let rounds = 0
  const folder = new FolderSync(tmpdir(), () => {
    rounds += 1
  })
  const early: number[] = []
  const late: number[] = []
  const first = [1, 2, 3].map(() => folder.sync().then(() => early.push(rounds)))
  // by the second turn the first fsync is under way
  const second = await new Promise<Promise<number>[]>((resolve) => {
    setImmediate(() => resolve([1, 2].map(() => folder.sync().then(() => late.push(rounds)))))
  })
  await Promise.all([...first, ...second])
  assert.deepEqual(early, [1, 1, 1])
  assert.deepEqual(late, [2, 2])
})
