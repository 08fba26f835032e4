import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRoot } from '../helpers/home.ts'

for (const [what, flags] of [
  ['each program under its runtime', []],
  ['each ninth case of programs that start under Bun, under Node (all: make golden)', ['--under-node', '--every=9']]
] as const) {
  test(`the programs do what qmail was recorded doing: ${what}`, { skip: isRoot ? false : 'the recorded cases change users: root only' }, () => {
    const r = spawnSync(process.execPath, [join(import.meta.dirname, '..', '..', 'tools', 'golden.ts'), ...flags], { encoding: 'utf8', maxBuffer: 1 << 26 })
    assert.equal(r.status, 0, r.stdout + r.stderr)
  })
}
