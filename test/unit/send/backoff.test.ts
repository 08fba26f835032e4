import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDying, retryAt } from '../../../src/send/backoff.ts'

const BIRTH = 1_000_000

test('retry times are those of the spec: age at the start of the pass, then seconds after birth for local and remote', () => {
  const checked: [number, number, number][] = [
    [0, 100, 400],
    [99, 361, 841],
    [10_000, 12_100, 14_400],
    [50_000, 54_289, 59_049],
    [604_700, 619_369, 635_209]
  ]
  for (const [age, local, remote] of checked) {
    assert.equal(retryAt(BIRTH, BIRTH + age, 'local') - BIRTH, local)
    assert.equal(retryAt(BIRTH, BIRTH + age, 'remote') - BIRTH, remote)
  }
})

test('with no delivery hanging, attempts happen at (20n)^2 and (10n)^2 seconds', () => {
  let [remote, local] = [BIRTH, BIRTH]
  for (let n = 1; n < 40; n++) {
    remote = retryAt(BIRTH, remote, 'remote')
    local = retryAt(BIRTH, local, 'local')
    assert.deepEqual([remote - BIRTH, local - BIRTH], [(20 * n) ** 2, (10 * n) ** 2])
  }
})

test('a birth in the future counts as now', () => {
  assert.equal(retryAt(BIRTH, BIRTH - 5000, 'local'), BIRTH + 100)
})

test('a message dies when it is older than the lifetime, not when it is as old', () => {
  assert.equal(isDying(BIRTH, BIRTH + 100, 100), false)
  assert.equal(isDying(BIRTH, BIRTH + 101, 100), true)
})
