import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

const PROGRAM = `
  import { collectAtLeisure } from '${new URL('../../../src/os/leisure.ts', import.meta.url)}'
  const useless = (() => new WeakRef(Array.from({ length: 100_000 }, (_, n) => ({ n }))))()
  collectAtLeisure(100)
  setInterval(() => {
    if (useless.deref() !== undefined) return
    process.stdout.write('collected')
    process.exit()
  }, 50)
`

test('what a process has no use for any more is collected when it has nothing to do', async () => {
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  assert.equal(said.toString(), 'collected')
})
