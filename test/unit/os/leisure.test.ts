import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

const LOOK_MILLISECONDS = 100

const PROGRAM = `
  import { collectAtLeisure } from '${new URL('../../../src/os/leisure.ts', import.meta.url)}'
  const useless = (() => new WeakRef(Array.from({ length: 100_000 }, (_, n) => ({ n }))))()
  const began = performance.now()
  collectAtLeisure(${LOOK_MILLISECONDS})
  setInterval(() => {
    if (useless.deref() !== undefined) return
    process.stdout.write(String(performance.now() - began))
    process.exit()
  }, 50)
`

test('what a process has no use for any more is collected when it has had nothing to do for a while: after a minute of looks, not at the first', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  assert.ok(Number(said.toString()) >= 11 * LOOK_MILLISECONDS, said.toString())
})
