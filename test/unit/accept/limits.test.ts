import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClientLimits, type LimitSet, limitsBy, NO_LIMITS, networkOf, parseRate } from '../../../src/accept/limits.ts'

test('connections at a time, by address and by network, until they end', () => {
  const clients = new ClientLimits([24, 64], () => 0)
  const limits: LimitSet = { ...NO_LIMITS, perAddress: 2, perNetwork: 3 }
  const come = (ip: string): string | undefined => {
    clients.add(ip)
    return clients.excess(ip, limits)
  }
  assert.equal(come('192.0.2.1'), undefined)
  assert.equal(come('192.0.2.1'), undefined)
  assert.match(come('192.0.2.1') ?? '', /2 connections from this address/)
  clients.remove('192.0.2.1')
  assert.equal(come('192.0.2.2'), undefined)
  assert.match(come('192.0.2.3') ?? '', /3 connections from this network/)
  clients.remove('192.0.2.3')
  assert.equal(come('192.0.3.1'), undefined)
  clients.remove('192.0.2.1')
  assert.equal(come('192.0.2.1'), undefined)
})

test('a rate lets a number through at once, then one each part of its time; those refused do not count', () => {
  let now = 1_000_000
  const clients = new ClientLimits([24, 64], () => now)
  const limits: LimitSet = { ...NO_LIMITS, addressRate: { count: 3, seconds: 60 } }
  const passes = (ip: string): boolean => clients.excess(ip, limits) === undefined
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => passes('::1')),
    [true, true, true, false, false]
  )
  assert.ok(passes('::2'))
  now += 20_000
  assert.deepEqual([passes('::1'), passes('::1')], [true, false])
  now += 60_000
  assert.deepEqual(
    [1, 2, 3, 4].map(() => passes('::1')),
    [true, true, true, false]
  )
})

test('a rate of a network counts all its addresses, and much memory is not taken', () => {
  let now = 0
  const clients = new ClientLimits([16, 64], () => now++)
  const limits: LimitSet = { ...NO_LIMITS, networkRate: { count: 2, seconds: 1000 } }
  const passes = (ip: string): boolean => clients.excess(ip, limits) === undefined
  assert.deepEqual(['192.0.2.1', '192.0.3.1', '192.0.4.1'].map(passes), [true, true, false])
  for (let n = 0; n < 70_000; n++) passes(`10.${n >> 8}.0.${n & 255}`)
  for (let n = 0; n < 70_000; n++) passes(`2001:db8:${(n >> 12).toString(16)}:${(n & 0xfff).toString(16)}::1`)
  assert.ok(passes('192.0.5.1'), 'the client that has been away longest is forgotten')
})

test('networks of either family', () => {
  assert.equal(networkOf('192.0.2.77', [24, 64]), 'c0000200/24')
  assert.equal(networkOf('192.0.2.255', [30, 64]), 'c00002fc/30')
  assert.equal(networkOf('2001:db8:1:2:3::4', [24, 64]), '20010db8000100020000000000000000/64')
  assert.equal(networkOf('2001:db8:1:2:3::4', [24, 0]), '00000000000000000000000000000000/0')
})

test('rates as they are written, and limits that a rule sets', () => {
  assert.deepEqual(parseRate('30/10'), { count: 30, seconds: 10 })
  assert.deepEqual(parseRate('30'), { count: 30, seconds: 60 })
  for (const text of ['', '0', '0/60', '5/0', 'x']) assert.equal(parseRate(text), undefined, text)
  const limits: LimitSet = { ...NO_LIMITS, perAddress: 5, addressRate: { count: 1, seconds: 1 } }
  assert.deepEqual(limitsBy(limits, new Map()), limits)
  const by = limitsBy(
    limits,
    new Map([
      ['MAXCONNIP', '0'],
      ['MAXCONNC', '9'],
      ['MAXRATEIP', ''],
      ['MAXRATEC', '7/8']
    ])
  )
  assert.deepEqual(by, { perAddress: 0, perNetwork: 9, addressRate: undefined, networkRate: { count: 7, seconds: 8 }, networkBits: [24, 64] })
})
