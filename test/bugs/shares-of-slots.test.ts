/** One message of thousands of recipients, or one user's hanging deliveries, held all slots of the local channel; everybody else's mail waited. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WRITTEN } from '../../src/queue/spawnproto.ts'
import { type Home, makeHome } from '../helpers/home.ts'
import { type Asked, NO_INODE, putMessage, putWaiting, SendRig } from '../helpers/send-rig.ts'
import { until } from '../helpers/suite.ts'

const makeRigHome = (): Home => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  return home
}

for (const resident of [true, false]) {
  const gear = resident ? 'second gear' : 'first gear'

  test(`a message of one recipient does not wait for one of thousands (${gear})`, async () => {
    const home = makeRigHome()
    putMessage(
      home,
      Array.from({ length: 20_000 }, (_, i) => `u${i}@me.example`)
    )
    const rig = new SendRig(home, { resident })
    const [first] = await until('deliveries', () => rig.asked.length === 8 && rig.asked)
    if (first === undefined) throw new Error('no delivery')
    putMessage(home, ['victim@me.example'])
    rig.pull()
    rig.report(await rig.delivery(/^victim@/), 'Kok\n')
    await rig.logged(/success/)
    assert.equal(rig.asked.length, 8, 'the large message has 8 of 10 slots when nobody else is there')
    rig.kill('SIGKILL')
  })

  test(`large messages take turns (${gear})`, async () => {
    const home = makeRigHome()
    for (const name of ['a', 'b', 'c'])
      putMessage(
        home,
        Array.from({ length: 300 }, (_, i) => `${name}${i}@me.example`)
      )
    const rig = new SendRig(home, { resident })
    const order: string[] = []
    // none ends before all three are taken up: until then the first has nobody to take turns with
    await until('all three to be taken up, and as many deliveries as may be', () => rig.cleaned.length === 3 && rig.asked.length >= 8)
    rig.onDelivery = ({ recipient }) => {
      order.push(recipient.charAt(0))
      return 'Kok\n'
    }
    for (const asked of rig.asked.splice(0)) rig.report(asked, rig.onDelivery(asked) ?? '')
    await until('all deliveries', () => order.length === 900)
    const last = (name: string): number => order.indexOf(name) // the last of them begins long before the first ends
    assert.ok(Math.max(...['a', 'b', 'c'].map(last)) < 100, order.join(''))
    rig.kill('SIGKILL')
  })

  test(`one user's hanging deliveries leave slots to others (${gear})`, async () => {
    const home = makeRigHome()
    for (let i = 0; i < (resident ? 300 : 60); i++) putMessage(home, [i % 2 ? 'attacker@me.example' : `attacker-${i}@me.example`])
    const rig = new SendRig(home, { resident })
    await until('deliveries', () => rig.asked.length === 7 && (resident || rig.log.split('new msg').length === 61))
    for (let i = 0; i < 5; i++) {
      putMessage(home, ['victim@me.example'])
      rig.pull()
      rig.report(await rig.delivery(/^victim@/), 'Kok\n')
    }
    assert.equal(rig.asked.length, 7)
    // as they end, the others of his have their turn
    rig.onDelivery = () => 'Kok\n'
    for (const delivery of rig.asked.splice(0)) rig.report(delivery, 'Kok\n')
    await until('all to end', () => rig.log.split('end msg').length === (resident ? 306 : 66))
    assert.equal(await rig.stop(), 0)
  })
}

test('a message for many addresses of a user who hangs goes to the others on its list', async () => {
  const home = makeRigHome()
  putMessage(home, [...Array.from({ length: 40 }, (_, i) => `attacker-${i}@me.example`), 'friend@me.example'])
  const rig = new SendRig(home)
  await rig.delivery(/^friend@/)
  rig.kill('SIGKILL')
})

test('what had to wait for a share of the slots, and was put off, goes on when there is one, and not at its next retry', async () => {
  const home = makeRigHome()
  const hour = Math.floor(Date.now() / 1000) - 3600
  const MESSAGES = 1200 // more than may wait in the middle of a pass
  for (let i = 0; i < MESSAGES; i++) putWaiting(home, ['busy@me.example'], { id: NO_INODE + i, birth: hour, due: hour + 100, channel: 'local' })
  putWaiting(home, ['last@me.example'], { id: NO_INODE + MESSAGES, birth: hour, due: hour + 200, channel: 'local' })
  const rig = new SendRig(home)
  const last = await rig.delivery(/^last@/) // all others have had their turn before
  rig.onDelivery = () => 'Kok\n'
  for (const asked of [last, ...rig.asked.splice(0)]) rig.report(asked, 'Kok\n')
  await until('all to leave', () => rig.log.split('end msg').length === MESSAGES + 2)
  assert.equal(await rig.stop(), 0)
})

/** More than may wait in the middle of a pass. */
const MANY = 520

/** Lays messages that were put off an hour ago, and are due again, in this order. */
const layDue = (home: Home, recipients: readonly string[][]): void => lay(home, recipients, 0, -3600)

/** Lays messages that came an hour ago, and wait; the first under this number, due so many seconds from now, each a second after the one before. */
const lay = (home: Home, recipients: readonly string[][], first: number, seconds: number): void => {
  const now = Math.floor(Date.now() / 1000)
  for (const [i, to] of recipients.entries()) putWaiting(home, to, { id: NO_INODE + first + i, birth: now - 3600, due: now + seconds + i, channel: 'local' })
}

test('what was put off, and has been tried meanwhile, is not tried once more when there is a slot', async () => {
  const home = makeRigHome()
  layDue(home, [...Array<string[]>(MANY).fill(['busy@me.example']), ['last@me.example']])
  const rig = new SendRig(home)
  const others = [await rig.delivery(/^last@/)] // all have had their turn before
  rig.kill('SIGALRM')
  putMessage(home, ['later@me.example'])
  rig.pull()
  others.push(await rig.delivery(/^later@/)) // they are in their passes again; for them, others were put off
  const tries = new Map<number, number>()
  rig.onDelivery = ({ id }) => {
    tries.set(id, (tries.get(id) ?? 0) + 1)
    return 'Znot now\n'
  }
  for (const asked of rig.asked.splice(0)) rig.report(asked, rig.onDelivery(asked) ?? '')
  await until('all to be tried', () => tries.size === MANY)
  putMessage(home, ['busy@me.example'])
  rig.pull()
  await until('a new one, too', () => tries.size === MANY + 1)
  for (const asked of others) rig.report(asked, 'Kok\n')
  assert.equal(await rig.stop(), 0)
  assert.deepEqual(
    [...tries.values()].filter((n) => n > 1),
    []
  )
})

test('what was put off while one of its deliveries was under way goes on when that has ended and there is a slot', async () => {
  const home = makeRigHome()
  const busy = ['busy@me.example']
  const mine = NO_INODE + 7
  layDue(home, [...Array<string[]>(7).fill(busy), ['slow@me.example', 'busy@me.example']])
  lay(home, [...Array<string[]>(MANY).fill(busy), ['last@me.example']], 8, 3600)
  const rig = new SendRig(home)
  const slow = await rig.delivery(/^slow@/)
  rig.kill('SIGALRM')
  const last = await rig.delivery(/^last@/) // mine has waited longest of all, and was put off
  rig.onDelivery = () => 'Kok\n'
  for (const asked of [last, ...rig.asked.splice(0)]) rig.report(asked, 'Kok\n')
  await until('all others to leave', () => rig.log.split('end msg').length === MANY + 7 + 2)
  assert.doesNotMatch(rig.log, new RegExp(`msg ${mine} to local busy@`))
  rig.report(slow, 'Kok\n')
  await rig.logged(new RegExp(`^end msg ${mine}$`, 'm'))
  assert.equal(await rig.stop(), 0)
})

for (const [what, messages, each] of [
  ['messages', 100, 1],
  ['large messages', 40, 21]
] as const)
  test(`${what} of which only the durability is waited for hold no place of those that get on`, async () => {
    const home = makeRigHome()
    layDue(
      home,
      Array.from({ length: messages }, (_, n) => Array.from({ length: each }, (_, i) => `u${n}-${i}-${'x'.repeat(100)}@me.example`))
    )
    const rig = new SendRig(home, { resident: true, wideLocal: 1000 })
    const written: Asked[] = []
    rig.onDelivery = (asked) => {
      written.push(asked)
      return WRITTEN
    }
    await until('all to be delivered', () => written.length === messages * each)
    assert.doesNotMatch(rig.log, /success/)
    for (const asked of written) rig.report(asked, 'Kok\n')
    await until('all to leave', () => rig.log.split('end msg').length === messages + 1)
    assert.equal(await rig.stop(), 0)
  })

test('a message waits for each of the shares that its recipients want: whoever can go first goes first', async () => {
  const home = makeRigHome()
  const [a, b] = [['a@me.example'], ['b@me.example']]
  layDue(home, [...Array<string[]>(7).fill(a), b, b, ['a-mine@me.example', 'b-mine@me.example']])
  const rig = new SendRig(home)
  const [one] = await until('all slots but one to be taken', () => rig.asked.length === 9 && rig.asked.filter(({ recipient }) => recipient === 'b@me.example'))
  if (one === undefined) throw new Error('no delivery to b')
  rig.report(one, 'Kok\n')
  await rig.delivery(/^b-mine@/)
  rig.kill('SIGKILL')
})
