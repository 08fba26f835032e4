import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDying, retryAt, scheduleIn } from '../../../src/send/backoff.ts'

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

test('control/retryschedule: pauses one after another, the last again and again, by channel', () => {
  const schedule = scheduleIn(['5m', 'remote:1h', '1d', 'local:90'])
  assert.deepEqual(schedule, { local: [300, 86_400, 90], remote: [300, 3600, 86_400] })
  const ages = (channel: 'local' | 'remote', n: number): number[] => {
    const found = [0]
    while (found.length <= n) found.push(retryAt(1000, 1000 + (found.at(-1) ?? 0), channel, schedule) - 1000)
    return found.slice(1)
  }
  assert.deepEqual(ages('remote', 5), [300, 3900, 90_300, 176_700, 263_100])
  assert.deepEqual(ages('local', 4), [300, 86_700, 86_790, 86_880])
  assert.equal(retryAt(1000, 900, 'remote', schedule), 1300, 'a birth in the future')
  assert.equal(retryAt(1000, 1000, 'local', scheduleIn(['remote:1h'])), 1100, 'qmail’s squares where nothing is said')
  for (const bad of ['5', 'x', '5w', 'both:5m', '5m 1h', '-5m']) assert.throws(() => scheduleIn([bad]), /retryschedule/)
})
