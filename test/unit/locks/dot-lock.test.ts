import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { takeDotLock } from '../../../src/locks/dot-lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'qmdl-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const box = join(folder, 'box')
const lock = `${box}.lock`
const take = (waitMilliseconds = 0) => takeDotLock(box, Date.now() + waitMilliseconds)
const taken = (result: ReturnType<typeof take>): { release: () => void } => {
  assert.ok(typeof result === 'object', String(result))
  return result
}

test('the lock is a file that names us; a second taker finds it busy; release removes it', () => {
  const first = taken(take())
  assert.equal(readFileSync(lock, 'utf8'), `${process.pid}:${hostname()}`)
  assert.equal(take(30), 'busy')
  first.release()
  assert.ok(!existsSync(lock))
})

test('a lock is taken over when it is five minutes old, or its process of this host has ended; not when it may live', () => {
  const ended = spawnSync('true').pid
  writeFileSync(lock, `${ended}:${hostname()}`)
  taken(take()).release()
  for (const text of [`${process.pid}:${hostname()}`, `${ended}:another.host.example`, '0', '']) {
    writeFileSync(lock, text)
    assert.equal(take(), 'busy', text)
    const old = Date.now() / 1000 - 301
    utimesSync(lock, old, old)
    taken(take()).release()
  }
})

test('where no lock file can be made there is none', () => {
  assert.equal(takeDotLock(join(folder, 'none', 'box'), Date.now()), 'none')
})
