import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRoot } from '../helpers/home.ts'

test('the programs do what qmail was recorded doing', { skip: isRoot ? false : 'the recorded cases change users: root only' }, () => {
  const r = spawnSync(process.execPath, [join(import.meta.dirname, '..', '..', 'tools', 'golden.ts')], { encoding: 'utf8', maxBuffer: 1 << 26 })
  assert.equal(r.status, 0, r.stdout + r.stderr)
})
