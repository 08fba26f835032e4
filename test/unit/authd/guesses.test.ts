import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Guesses, networkOf } from '../../../src/authd/guesses.ts'

test('an IPv4 address counts by itself, an IPv6 one with its /64, however it is written', () => {
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1')
  for (const ip of ['2001:db8:0:1::5', '2001:DB8:0:1:0:0:0:6', '2001:db8:0:1:ffff::']) assert.equal(networkOf(ip), '2001:db8:0:1::/64')
  assert.equal(networkOf('::1'), '0:0:0:0::/64')
})

test('from the tenth failure attempts wait, from the thirtieth they are refused for a quarter of an hour', () => {
  let now = 0
  const guesses = new Guesses(() => now)
  const fail = (times: number): void => {
    for (let n = 0; n < times; n++) guesses.failed('192.0.2.1', `u${n}`)
  }
  fail(9)
  assert.deepEqual(guesses.treat('192.0.2.1', 'x'), { waitMilliseconds: 0, isRefused: false })
  fail(1)
  assert.deepEqual(guesses.treat('192.0.2.1', 'x'), { waitMilliseconds: 15_000, isRefused: false })
  assert.deepEqual(guesses.treat('192.0.2.2', 'x'), { waitMilliseconds: 0, isRefused: false })
  fail(20)
  assert.equal(guesses.treat('192.0.2.1', 'x').isRefused, true)
  now = 899_999
  assert.equal(guesses.treat('192.0.2.1', 'x').isRefused, true)
  now = 900_000
  assert.deepEqual(guesses.treat('192.0.2.1', 'x'), { waitMilliseconds: 0, isRefused: false })
})

test('failures older than ten minutes do not count', () => {
  let now = 0
  const guesses = new Guesses(() => now)
  for (let n = 0; n < 10; n++) guesses.failed('192.0.2.1', 'joe')
  now = 600_000
  assert.equal(guesses.treat('192.0.2.1', 'joe').waitMilliseconds, 0)
})

test('a success forgives a network, unless it tried more than three users', () => {
  const guesses = new Guesses(() => 0)
  for (let n = 0; n < 10; n++) guesses.failed('192.0.2.1', `u${n % 3}`)
  guesses.succeeded('192.0.2.1')
  assert.equal(guesses.treat('192.0.2.1', 'x').waitMilliseconds, 0)
  for (let n = 0; n < 10; n++) guesses.failed('192.0.2.1', `u${n % 4}`)
  guesses.succeeded('192.0.2.1')
  assert.equal(guesses.treat('192.0.2.1', 'x').waitMilliseconds, 15_000)
})

test('one user guessed at from many networks is slowed everywhere', () => {
  const guesses = new Guesses(() => 0)
  for (let n = 0; n < 20; n++) guesses.failed(`192.0.2.${n}`, 'joe')
  assert.equal(guesses.treat('198.51.100.1', 'joe').waitMilliseconds, 15_000)
  assert.equal(guesses.treat('198.51.100.1', 'ann').waitMilliseconds, 0)
})

test('no more than 65,536 networks are remembered: the least recent goes', () => {
  const guesses = new Guesses(() => 0)
  for (let n = 0; n < 10; n++) guesses.failed('192.0.2.1', 'joe')
  for (let n = 0; n < 65_536; n++) guesses.failed(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, `u${n}`)
  assert.equal(guesses.treat('192.0.2.1', 'x').waitMilliseconds, 0)
})
