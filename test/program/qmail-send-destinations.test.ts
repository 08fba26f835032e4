/** Scheduling by destination (issue 8): each host a share of the slots and a pause of its own; limits; smtproutes; what SIGHUP reads again. */
import assert from 'node:assert/strict'
import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Home, makeHome } from '../helpers/home.ts'
import { linkWaiting, NO_INODE, putMessage, putWaiting, SendRig } from '../helpers/send-rig.ts'
import { withClock } from '../helpers/set-clock.ts'
import { startSuite } from '../helpers/suite.ts'
import { until } from '../helpers/wait.ts'

const NO_CONNECTION = "ZSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"
const HOUR = 3600

const makeRigHome = (controls: Record<string, string> = {}): Home => {
  const home = makeHome()
  for (const [name, text] of Object.entries({ locals: 'me.example\n', ...controls })) home.control(name, text)
  return home
}

const count = (log: string, pattern: RegExp): number => log.match(pattern)?.length ?? 0

test('50 dead destinations, a slow one and a healthy one: 10,000 messages wait, and the healthy one has its mail', async (t) => {
  const home = makeRigHome()
  const now = Date.now() / 1000
  for (let i = 0; i < 10_000; i++) {
    if (i < 51) putWaiting(home, [`u@${i === 50 ? 'slow' : `dead${i}`}.example`], { id: NO_INODE + i, birth: now - HOUR, due: now - HOUR + i })
    else linkWaiting(home, NO_INODE + (i % 51), NO_INODE + i)
  }
  for (let i = 0; i < 20; i++) putWaiting(home, [`old${i}@healthy.example`], { id: NO_INODE + 20_000 + i, birth: now - HOUR, due: now - 1 })
  const rig = new SendRig(home, { resident: true })
  const attempts = new Map<string, number>()
  let isDeadKnown = false
  rig.onDelivery = ({ recipient }) => {
    const host = recipient.slice(recipient.indexOf('@') + 1)
    attempts.set(host, (attempts.get(host) ?? 0) + 1)
    if (host === 'healthy.example') return 'Kok\n'
    return isDeadKnown && host.startsWith('dead') ? NO_CONNECTION : undefined
  }
  // the dead ones take a minute to be found out: as long as the test says nothing
  await until('hosts that hang', () => rig.asked.length >= 10)
  let longest = 0
  for (let i = 0; i < 20; i++) {
    const put = performance.now()
    putMessage(home, [`new${i}@healthy.example`])
    rig.pull()
    await rig.logged(new RegExp(`to remote new${i}@healthy`))
    longest = Math.max(longest, performance.now() - put)
  }
  t.diagnostic(`a message to the healthy one waits ${longest.toFixed(0)} ms at most (the promise: 2 s, on a machine that has nothing else to do)`)
  await until('the old mail of the healthy one, too', () => attempts.get('healthy.example') === 40)
  assert.ok(rig.asked.length <= 16, `${rig.asked.length} deliveries hang`)

  // they are found out: each is left alone after a few failures, and none of their messages is tried any more
  isDeadKnown = true
  const hanging = (): void => {
    for (const asked of rig.asked.filter(({ recipient }) => recipient.includes('@dead'))) {
      rig.asked.splice(rig.asked.indexOf(asked), 1)
      rig.report(asked, NO_CONNECTION)
    }
  }
  await until('all to have a pause', () => {
    hanging()
    return (
      Array.from({ length: 50 }, (_, i) => attempts.get(`dead${i}.example`) ?? 0).every((n) => n >= 3) &&
      rig.asked.every((a) => a.recipient.endsWith('@slow.example'))
    )
  })
  for (let i = 0; i < 20; i++) {
    putMessage(home, [`late${i}@healthy.example`])
    rig.pull()
  }
  await until('the rest', () => attempts.get('healthy.example') === 60)
  // a pause is a minute long, the next one two: nobody was tried for each of his 196 messages
  const most = Math.max(...Array.from({ length: 50 }, (_, i) => attempts.get(`dead${i}.example`) ?? 0))
  assert.ok(most <= 25, `${most} attempts at a dead host`)
  rig.kill('SIGKILL')
})

test('a host is left alone after failures in a row; mail to others goes on; SIGALRM and an answer end the pause', async () => {
  const home = makeRigHome()
  putMessage(home, ['a0@dead.example'])
  const rig = new SendRig(home, { resident: true })
  for (let i = 0; i < 3; i++) {
    if (i > 0) {
      putMessage(home, [`a${i}@dead.example`])
      rig.pull()
    }
    rig.report(await rig.delivery(new RegExp(`^a${i}@`)), NO_CONNECTION)
    await until('the report', () => count(rig.log, /deferral: Sorry/g) === i + 1)
  }
  const waits = putMessage(home, ['b@dead.example'])
  putMessage(home, ['c@other.example'])
  rig.pull()
  rig.report(await rig.delivery(/^c@/), 'Kok\n')
  await rig.logged(new RegExp(`new msg ${waits}`))
  await rig.logged(/success: ok/)
  assert.deepEqual(rig.asked, [])
  assert.doesNotMatch(rig.log, /b@dead/)
  rig.kill('SIGALRM')
  const tried = await until('all four to be tried', () => (rig.asked.length === 4 ? rig.asked.splice(0) : undefined))
  for (const asked of tried) rig.report(asked, 'Kok\n')
  await until('the end', () => count(rig.log, /end msg/g) === 5)
  assert.equal(await rig.stop(), 0)
})

test('domains with the same mail exchangers wait together for these to be there again; what one of them is told keeps no other waiting', async () => {
  const home = makeRigHome()
  putMessage(home, ['a@victim.example'])
  const rig = new SendRig(home, { resident: true, wide: 100, together: 100 })
  let deferrals = 0
  const send = (recipient: string): number => {
    const id = putMessage(home, [recipient])
    rig.pull()
    return id
  }
  const fails = async (domain: string, exchangers: string, words: string): Promise<void> => {
    send(`u${deferrals}@${domain}`)
    const asked = await rig.delivery(new RegExp(`^u${deferrals}@`))
    rig.report(asked, `M${exchangers}`)
    rig.report(asked, words)
    deferrals++
    await until('the report', () => count(rig.log, /deferral: /g) === deferrals)
  }
  const goesThrough = async (recipient: string, exchangers: string): Promise<void> => {
    const asked = await rig.delivery(new RegExp(`^${recipient}$`))
    rig.report(asked, `M${exchangers}`)
    rig.report(asked, 'Kok\n')
  }
  await goesThrough('a@victim.example', 'mx.provider.example')
  for (let i = 0; i < 3; i++)
    await fails('evil.example', 'mx.provider.example', 'ZConnected to 192.0.2.1 but sender was rejected.\nRemote host said: 421 go away\n')
  const waits = send('late@evil.example')
  await rig.logged(new RegExp(`new msg ${waits}`))
  send('b@victim.example')
  await goesThrough('b@victim.example', 'mx.provider.example')

  for (const domain of ['one.example', 'two.example', 'three.example']) await fails(domain, 'mx.dead.example', NO_CONNECTION)
  const waiting = ['c@one.example', 'd@two.example', 'e@three.example'].map(send)
  send('f@victim.example')
  await goesThrough('f@victim.example', 'mx.provider.example')
  for (const id of waiting) await rig.logged(new RegExp(`new msg ${id}`))
  send('g@victim.example')
  await goesThrough('g@victim.example', 'mx.provider.example')
  assert.deepEqual(rig.asked, [], 'each of the three has failed but once')
  assert.doesNotMatch(rig.log, /remote ([cde]@|late@)/)
  rig.kill('SIGKILL')
})

test('a report of exchangers from a spawner that has not told it can is no report', async () => {
  const home = makeRigHome()
  putMessage(home, ['a@x.example'])
  const rig = new SendRig(home, { resident: true })
  const asked = await rig.delivery(/^a@/)
  rig.report(asked, 'Mmx.example')
  await rig.logged(/report mangled, will defer/)
  rig.kill('SIGKILL')
})

test('the last try of a message waits for no pause', async () => {
  const home = makeRigHome({ queuelifetime: '7200\n' })
  const now = Date.now() / 1000
  for (let i = 0; i < 20; i++) putWaiting(home, [`old${i}@dead.example`], { id: NO_INODE + i, birth: now - 3 * HOUR, due: now - 100 })
  for (let i = 0; i < 20; i++) putWaiting(home, [`young${i}@dead.example`], { id: NO_INODE + 100 + i, birth: now - HOUR, due: now - 50 })
  const rig = new SendRig(home)
  rig.onDelivery = ({ channel }) => (channel === 'remote' ? NO_CONNECTION : undefined)
  await until('every old message to have its last try', () => count(rig.log, /failure: Sorry/g) === 20)
  assert.ok(count(rig.log, /deferral: Sorry/g) < 20, 'young ones wait')
  rig.kill('SIGKILL')
})

test('control/destinations limits deliveries at a time to a host, to those below a domain, to relays; SIGHUP reads it again', async () => {
  const home = makeRigHome({
    destinations: 'one.example:1:\n.two.example:2\n[10.0.0.1]:3\n:4:\n',
    smtproutes: 'routed.example:[10.0.0.1]:26\n.routed.example:[10.0.0.1]:26 user secret\n'
  })
  const hosts = ['one.example', 'a.two.example', 'b.two.example', 'routed.example', 'x.routed.example', 'other.example']
  for (const host of hosts) for (let i = 0; i < 6; i++) putMessage(home, [`u${i}@${host}`])
  const rig = new SendRig(home)
  const running = (): string => hosts.map((host) => rig.asked.filter(({ recipient }) => recipient.endsWith(`@${host}`)).length).join(' ')
  const routed = (): number => rig.asked.filter(({ recipient }) => recipient.endsWith('routed.example')).length
  await until('all messages to be there', () => count(rig.log, /new msg/g) === 36)
  await until(
    () => `as many as may be, not ${running()}`,
    () => rig.asked.length === 12 && routed() === 3
  )
  assert.match(running(), /^1 2 2 \d \d 4$/)
  home.control('destinations', 'one.example:3\n:1\n')
  rig.kill('SIGHUP')
  await until('two more', () => rig.asked.filter(({ recipient }) => recipient.endsWith('@one.example')).length === 3)
  rig.report(await rig.delivery(/@other/), 'Kok\n')
  await rig.logged(/status: local 0\/10 remote \d+\/20/)
  rig.onDelivery = () => 'Kok\n'
  for (const asked of rig.asked.splice(0)) rig.report(asked, 'Kok\n')
  await until('all to end', () => count(rig.log, /end msg/g) === 36)
  assert.equal(await rig.stop(), 0)
})

for (const [gear, limit] of [
  ['first', 20],
  ['second', 25]
] as const)
  test(`SIGHUP in the ${gear} gear: after it ${limit} remote deliveries at a time, where 20 were, and control/concurrencyremote says 25`, async () => {
    const home = makeRigHome()
    const rig = new SendRig(home, { resident: gear === 'second' })
    await rig.logged(/status: local 0\/10 remote 0\/20/)
    home.control('concurrencyremote', '25\n')
    renameSync(home.at('control', 'locals'), home.at('locals'))
    mkdirSync(home.at('control', 'locals'))
    rig.kill('SIGHUP')
    await rig.logged(/alert: unable to reread control\/locals/) // so that it is seen to be done
    putMessage(home, ['u@far.example'])
    rig.pull()
    await rig.logged(new RegExp(`status: local 0/10 remote 1/${limit}\\b`))
    rig.report(await rig.delivery(/^u@/), 'Kok\n')
    assert.equal(await rig.stop(), 0)
  })

test('a pace of control/destinations: one start, and no other for a minute; none at all where no delivery is allowed; SIGHUP lets them go', async () => {
  const home = makeRigHome({ destinations: 'paced.example::1\nheld.example:0\n' })
  const recipients = Array.from({ length: 3 }, (_, i) => `p${i}@paced.example`)
  putMessage(home, recipients)
  for (const recipient of [...recipients, 'h@held.example']) putMessage(home, [recipient])
  const rig = new SendRig(home)
  rig.onDelivery = () => 'Kok\n'
  await until('all to be taken up', () => count(rig.log, /new msg/g) === 5)
  await rig.logged(/success/)
  for (let i = 0; i < 5; i++) {
    putMessage(home, [`o${i}@other.example`])
    rig.pull()
    await rig.logged(new RegExp(`to remote o${i}@`))
  }
  assert.equal(count(rig.log, /to remote p\d@paced/g), 1)
  assert.doesNotMatch(rig.log, /h@held/)
  home.control('destinations', '')
  rig.kill('SIGHUP')
  await until('the end', () => count(rig.log, /end msg/g) === 10)
  assert.equal(await rig.stop(), 0)
})

test('passes that were put off while they waited for a pace go on when it allows, and not at their retry', async () => {
  const MESSAGES = 520 // more than may wait in the middle of a pass
  const home = makeRigHome({ destinations: '::1\n' })
  const setClock = withClock(home)
  const birth = Math.floor(Date.now() / 1000) - HOUR
  for (let i = 0; i < MESSAGES; i++) putWaiting(home, [`a@h${i}.example`, `b@h${i}.example`, `a@g${i}.example`], { id: NO_INODE + i, birth, due: birth + i })
  const rig = new SendRig(home)
  rig.onDelivery = () => 'Kok\n'
  await until('one to each host', () => count(rig.log, /success/g) === 2 * MESSAGES)
  assert.equal(count(rig.log, /to remote b@/g), 0)
  await setClock(rig, 70, /^warning: the clock went forward/m)
  await until('all to leave', () => count(rig.log, /^end msg/gm) === MESSAGES)
  assert.equal(await rig.stop(), 0)
})

test('a message of which only those are left whose host had a pause is due when that ends, and not at its retry', async () => {
  const home = makeRigHome()
  const setClock = withClock(home)
  for (let i = 0; i < 3; i++) putMessage(home, [`a${i}@dead.example`])
  const rig = new SendRig(home)
  for (let i = 0; i < 3; i++) rig.report(await rig.delivery(/^a\d@dead/), NO_CONNECTION)
  await until('the reports', () => count(rig.log, /deferral: Sorry/g) === 3)
  const both = putMessage(home, ['b@other.example', 'b@dead.example'])
  const tried = putMessage(home, ['c@other.example', 'c@dead.example'])
  rig.pull()
  rig.report(await rig.delivery(/^b@other/), 'Kok\n')
  rig.report(await rig.delivery(/^c@other/), 'Znot now\n')
  await rig.logged(/success.*deferral: not_now/s)
  await setClock(rig, 70, /^warning: the clock went forward/m)
  rig.report(await rig.delivery(/^b@dead/), 'Kok\n')
  await rig.logged(new RegExp(`^end msg ${both}$`, 'm'))
  assert.doesNotMatch(rig.log, new RegExp(`msg ${tried} to remote c@dead`), 'somebody waits for his retry')
  rig.kill('SIGKILL')
})

test('control/retryschedule: messages are due again by it, as their files say after SIGTERM', async () => {
  const home = makeRigHome({ retryschedule: 'remote:5m\nremote:1h\nlocal:30\n' })
  const birth = Math.floor(Date.now() / 1000) - 1000
  const id = NO_INODE
  putWaiting(home, ['r@far.example'], { id, birth, due: birth })
  const rig = new SendRig(home)
  rig.report(await rig.delivery(/^r@/), 'Zlater\n')
  await rig.logged(/deferral/)
  assert.equal(await rig.stop(), 0)
  assert.equal(statSync(home.at('queue/remote', String(id % 23), String(id))).mtimeMs / 1000, birth + 300 + 3600)

  home.control('retryschedule', '5 minutes\n')
  const bad = new SendRig(home)
  assert.equal(await bad.ended, 111)
  assert.match(bad.log, /cannot start: unable to read controls/)
})

test('more than 255 deliveries at a time, where the spawner’s numbers have two bytes', async () => {
  const home = makeRigHome({ concurrencyremote: '2000\n', concurrencylocal: '500\n' })
  const recipients = Array.from({ length: 500 }, (_, i) => `r${i}@h${i}.example`)
  putMessage(home, recipients)
  const rig = new SendRig(home, { resident: true, wide: 400 })
  await until('four fifths of them', () => rig.asked.length === 320)
  assert.match(rig.log, /^status: local 0\/120 remote 0\/400\n/)
  assert.deepEqual(
    rig.asked.map(({ slot }) => slot),
    Array.from({ length: 320 }, (_, i) => i)
  )
  rig.onDelivery = () => 'Kok\n'
  for (const asked of rig.asked.splice(0).reverse()) rig.report(asked, 'Kok\n')
  await rig.logged(/end msg/)
  assert.equal(count(rig.log, /success: ok/g), 500)
  assert.equal(await rig.stop(), 0)
})

test('a delivery from a file that is written counts no more towards the limit, where the spawner’s numbers have two bytes', async () => {
  const home = makeRigHome({ concurrencyremote: '3\n' })
  const birth = Math.floor(Date.now() / 1000) - 3600
  for (let i = 0; i < 3; i++) putWaiting(home, [`r${i}@h${i}.example`], { id: NO_INODE + i, birth, due: birth + 100 + i })
  const rig = new SendRig(home, { resident: true, wide: 400 })
  const [first, second] = [await rig.delivery(/^r0@/), await rig.delivery(/^r1@/)]
  await rig.logged(/remote 2\/3$/m)
  assert.deepEqual(rig.asked, [], 'the last slot is for others')
  rig.report(first, 'W')
  const third = await rig.delivery(/^r2@/)
  assert.equal(count(rig.log, /^delivery \d+:/gm), 0, 'nothing of that shows')
  for (const delivery of [first, second, third]) rig.report(delivery, 'Kok\n')
  await until('all to leave', () => count(rig.log, /^end msg/gm) === 3)
  assert.equal(await rig.stop(), 0)
})

test('qmail-start has both know of it, unless one of them is not ours', async () => {
  const home = makeHome()
  home.control('concurrencyremote', '300\n')
  home.control('concurrencylocal', '200\n')
  const statusOf = async (status: RegExp): Promise<void> => {
    const suite = await startSuite(home)
    await until('the status line', () => status.test(suite.log()))
    assert.equal(await suite.stop(), 0)
  }
  await statusOf(/^status: local 0\/200 remote 0\/300$/m)
  for (const [name, status] of [
    ['qmail-rspawn', /^status: local 0\/200 remote 0\/120$/m],
    ['qmail-lspawn', /^status: local 0\/120 remote 0\/120$/m]
  ] as const) {
    const wrapper = home.at('bin', name)
    renameSync(wrapper, `${wrapper}.ours`)
    writeFileSync(wrapper, `#!/bin/sh\nexec ${wrapper}.ours "$@"\n`, { mode: 0o755 })
    await statusOf(status)
  }
})
