import assert from 'node:assert/strict'
import { beforeEach, describe, type TestContext, test } from 'node:test'
import { Destination, type Limits, NO_LIMITS, type Visit } from '../../../src/send/destination/destination.ts'
import { Destinations } from '../../../src/send/destination/destinations.ts'
import { limitsFor } from '../../../src/send/destination/limits.ts'
import { Routes } from '../../../src/send/destination/routes.ts'
import { reachOf, type Word, wordOf } from '../../../src/send/destination/word.ts'
import { Shares } from '../../../src/send/shares.ts'

const NOW = 1_800_000_000_000
const make = (limits: Limits = NO_LIMITS): Destination => new Destination('x.example', 1, limits)
const visit = (destination: Destination, startedAt: number): Visit => {
  const made = { startedAt }
  destination.begin(made)
  return made
}
const once = (destination: Destination, word: Word, startedAt = NOW, endedAt = startedAt): void => destination.end(visit(destination, startedAt), word, endedAt)
const groups = (destination: Destination, now = NOW): string =>
  destination
    .claims(now)
    .map(({ key }) => key)
    .join(' ')

test('a share grows by one with each success, is halved by each failure of the host, and left as it is by what is the recipient’s fault', () => {
  const d = make()
  const caps = [d.cap]
  for (const word of ['success', 'success', 'answered', 'nothing', 'trouble', 'trouble', 'success'] as const) {
    once(d, word)
    caps.push(d.cap)
  }
  assert.deepEqual(caps, [20, 21, 22, 22, 22, 11, 5, 20])
})

test('after three failures in a row a host has a pause of a minute, twice as long at each further one, at most half an hour; one delivery at a time then', () => {
  const d = make()
  for (const isOpen of [true, true, false]) {
    once(d, 'trouble')
    assert.equal(d.isOpen(NOW), isOpen)
  }
  const pauses: number[] = []
  let now = NOW
  for (let i = 0; i < 8; i++) {
    assert.equal(d.cap, 1)
    pauses.push((d.opensAt - now) / 1000)
    assert.ok(!d.isOpen(d.opensAt - 1) && d.isOpen(d.opensAt))
    now = d.opensAt
    once(d, 'trouble', now)
  }
  assert.deepEqual(pauses, [60, 120, 240, 480, 960, 1800, 1800, 1800])
  once(d, 'answered', now)
  assert.deepEqual([d.cap, d.isOpen(now)], [20, true], 'any answer ends it')
})

test('deliveries that were under way when the pause began do not lengthen it', () => {
  const d = make()
  const visits = Array.from({ length: 10 }, () => visit(d, NOW))
  for (const [i, one] of visits.entries()) d.end(one, 'trouble', NOW + 1000 * (i + 1))
  assert.equal(d.opensAt, NOW + 3000 + 60_000)
})

test('which hosts leave the last slots to others: those that are unknown, in trouble, slow now, or were slow last time', () => {
  const d = make()
  assert.equal(groups(d), 'dx.example ?doubtful', 'all its mail was tried before, and nothing is known')
  d.hasNews()
  assert.equal(groups(d), 'dx.example ?unknown')
  once(d, 'answered')
  assert.equal(groups(d), 'dx.example')
  once(d, 'trouble')
  assert.equal(groups(d), 'dx.example ?doubtful')
  once(d, 'success')
  const slow = visit(d, NOW)
  assert.equal(groups(d, NOW + 30_000), 'dx.example')
  assert.equal(groups(d, NOW + 30_001), 'dx.example ?doubtful')
  d.end(slow, 'success', NOW + 40_000)
  assert.equal(groups(d), 'dx.example ?doubtful')
  once(d, 'success')
  assert.equal(groups(d), 'dx.example')
})

test('a pace: starts are as far apart as it says, however late one of them is', () => {
  const d = make({ concurrency: 3, perMinute: 20 })
  assert.equal(d.cap, 3)
  visit(d, NOW)
  assert.equal(d.opensAt, NOW + 3000)
  visit(d, NOW + 10_000)
  assert.equal(d.opensAt, NOW + 13_000)
  d.limits = NO_LIMITS
  assert.ok(d.isOpen(NOW + 10_000))
})

test('control/destinations: the host itself, its longest end with a dot, everything; empty numbers are no limits', () => {
  const lines = new Map([
    ['x.example', '1:30'],
    ['.example', ':5'],
    ['', '2']
  ])
  const none = Number.POSITIVE_INFINITY
  assert.deepEqual(limitsFor('x.example', lines), { concurrency: 1, perMinute: 30 })
  assert.deepEqual(limitsFor('a.x.example', lines), { concurrency: none, perMinute: 5 })
  assert.deepEqual(limitsFor('other.org', lines), { concurrency: 2, perMinute: none })
  assert.deepEqual(limitsFor('other.org', new Map()), NO_LIMITS)
  assert.deepEqual(limitsFor('z', new Map([['z', '0:0']])), { concurrency: 0, perMinute: none })
})

test('what reports tell about the host', () => {
  const said = (reply: string): string => `Connected to 192.0.2.1 but something.\nRemote host said: ${reply}\n`
  for (const [letter, text, word] of [
    ['K', '192.0.2.1 accepted message.\nRemote host said: 250 ok\n', 'success'],
    ['Z', "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n", 'trouble'],
    ['Z', "Sorry, I couldn't find any host by that name. (#4.1.2)\n", 'trouble'],
    ['Z', 'Connected to 192.0.2.1 but connection died. (#4.4.2)\n', 'trouble'],
    ['Z', 'CNAME lookup failed temporarily. (#4.4.3)\n', 'trouble'],
    ['Z', 'Connected to 192.0.2.1 but greeting failed.\nRemote host said: 554 go away\n', 'trouble'],
    ['Z', said('421 too many connections'), 'trouble'],
    ['Z', '192.0.2.1 does not like recipient.\nRemote host said: 450 greylisted (#4.4.1)\n', 'answered'],
    ['D', '192.0.2.1 does not like recipient.\nRemote host said: 550 no such user\n', 'answered'],
    ['D', "Sorry, I couldn't find any host named x. (#5.1.2)\n", 'nothing'],
    ['Z', 'Unable to run qmail-remote. (#4.3.0)\n', 'nothing'],
    ['Z', 'later\n', 'nothing'],
    ['', '', 'nothing']
  ] as const)
    assert.equal(wordOf(letter, text), word, text)
})

test('what reports tell about the exchangers: whether one could be connected to, and nothing that a domain, a sender or a message may have a hand in', () => {
  for (const [letter, text, word] of [
    ['K', '192.0.2.1 accepted message.\nRemote host said: 250 ok\n', 'success'],
    ['Z', "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n", 'trouble'],
    ['Z', "Sorry, I couldn't find any host by that name. (#4.1.2)\n", 'nothing'],
    ['Z', 'Connected to 192.0.2.1 but connection died. (#4.4.2)\n', 'answered'],
    ['Z', 'Connected to 192.0.2.1 but greeting failed.\nRemote host said: 421 busy (#4.4.1)\n', 'answered'],
    ['D', '192.0.2.1 does not like recipient.\nRemote host said: 550 no such user\n', 'answered'],
    ['Z', 'later\n', 'nothing']
  ] as const)
    assert.equal(reachOf(letter, text), word, text)
})

describe('hosts with the same exchangers', () => {
  beforeEach((t) => (t as TestContext).mock.timers.enable({ apis: ['Date'], now: NOW }))
  const names = 'a.mx.example,b.mx.example'
  const makeAll = (): Destinations => new Destinations(new Routes('/nowhere'), new Map())
  const told = (all: Destinations, host: string, word: Word, startedAt = NOW): readonly Destination[] =>
    all.meet(all.of(`r@${host}`, 's@s'), names, { startedAt }, word)

  test('have one pause, which any answer to one of them ends', () => {
    const all = makeAll()
    const [one, two, other] = ['one.example', 'two.example', 'other.example'].map((host) => all.of(`r@${host}`, 's@s'))
    told(all, 'one.example', 'trouble')
    told(all, 'two.example', 'trouble')
    assert.equal(one?.isOpen(NOW), true)
    told(all, 'one.example', 'trouble')
    assert.deepEqual([one?.opensAt, two?.opensAt, other?.opensAt], [NOW + 60_000, NOW + 60_000, 0])
    assert.deepEqual([...told(all, 'two.example', 'answered')], [one, two])
    assert.deepEqual([one?.opensAt, two?.opensAt], [0, 0])
  })

  test('what one of them alone is told is its own affair', () => {
    const all = makeAll()
    const [evil, victim] = ['evil.example', 'victim.example'].map((host) => all.of(`r@${host}`, 's@s'))
    assert.ok(evil && victim)
    for (const host of ['evil.example', 'victim.example']) told(all, host, 'success')
    for (let i = 0; i < 5; i++) {
      once(evil, 'trouble') // 421, say
      told(all, 'evil.example', 'answered')
    }
    assert.equal(evil.isOpen(NOW), false)
    assert.deepEqual([victim.isOpen(NOW), groups(victim)], [true, `dvictim.example x${names} ?doubtful`])
    once(victim, 'success')
    assert.equal(groups(victim), `dvictim.example x${names}`)
    evil.forgive()
    for (let i = 0; i < 12; i++) evil.begin({ startedAt: NOW })
    const used = new Shares()
    for (let i = 0; i < 12; i++) used.take(evil.claims(NOW))
    assert.equal(used.blocked(evil.claims(NOW), 1000)?.key, 'devil.example', 'the last places are left to others')
    assert.equal(used.blocked(victim.claims(NOW), 1000), undefined)
  })

  test('have one share of the slots; a host that is alone with its exchangers knows nothing of all that', () => {
    const all = makeAll()
    const one = all.of('r@one.example', 's@s')
    told(all, 'one.example', 'success')
    assert.equal(groups(one), 'done.example ?doubtful')
    told(all, 'two.example', 'success')
    assert.equal(groups(one), `done.example x${names} ?doubtful`)
  })

  test('are believed to have them for an hour after the last delivery', (t) => {
    const all = makeAll()
    const one = all.of('r@one.example', 's@s')
    for (const host of ['one.example', 'two.example']) told(all, host, 'success')
    t.mock.timers.setTime(NOW + 3_599_999)
    assert.equal(one.neighbours.length, 2)
    assert.match(groups(one, Date.now()), / xa/)
    t.mock.timers.setTime(NOW + 3_600_000)
    assert.equal(groups(one, Date.now()), 'done.example ?doubtful')
    assert.equal(one.neighbours.length, 1)
  })

  test('are parted when DNS names others', () => {
    const all = makeAll()
    const [one, two] = ['one.example', 'two.example'].map((host) => all.of(`r@${host}`, 's@s'))
    assert.ok(one && two)
    for (const host of ['one.example', 'two.example']) told(all, host, 'success')
    all.meet(two, 'c.mx.example', { startedAt: NOW }, 'success')
    assert.deepEqual([groups(one), groups(two)], ['done.example ?doubtful', 'dtwo.example ?doubtful'])
  })
})
