/** Recipients of one message at one host in one delivery (issue 8), where qmail-rspawn is the suite's own and says so. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Home, makeHome } from '../helpers/home.ts'
import { putMessage, putWaiting, SendRig } from '../helpers/send-rig.ts'
import { until } from '../helpers/wait.ts'

const makeRigHome = (): Home => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  return home
}
const start = (home: Home, together = 100): SendRig => new SendRig(home, { resident: true, wide: 400, together })
const numbered = (count: number, host: string, name = 'r'): string[] => Array.from({ length: count }, (_, n) => `${name}${n}@${host}`)
/** The marks in a message's remote/ file. */
const marks = (home: Home, id: number): string => readFileSync(home.at('queue/remote', String(id % 23), String(id)), 'latin1').replace(/(.)[^\0]*\0/g, '$1')
const deliveries = (rig: SendRig): string[][] => rig.asked.map(({ recipient, others }) => [recipient, ...others])
const kill = (rig: SendRig): Promise<number | string> => {
  rig.kill('SIGKILL')
  return rig.ended
}

test('recipients at one host go together, in order, others by themselves; local ones as ever', async () => {
  const home = makeRigHome()
  putMessage(home, ['a@one.example', 'l1@me.example', 'b@two.example', 'c@ONE.example', 'd@sub.one.example', 'l2@me.example', 'e@one.example'])
  const rig = start(home)
  await until('all of them', () => rig.asked.length === 5)
  assert.deepEqual(deliveries(rig).toSorted(), [
    ['a@one.example', 'c@ONE.example', 'e@one.example'],
    ['b@two.example'],
    ['d@sub.one.example'],
    ['l1@me.example'],
    ['l2@me.example']
  ])
  assert.equal([...rig.log.matchAll(/^starting delivery/gm)].length, 7)
  assert.match(rig.log, /status: local 2\/10 remote 3\/20\n$/)
  for (const asked of rig.asked) for (const _ of [asked.recipient, ...asked.others]) rig.report(asked, 'Kok\n')
  await rig.logged(/end msg/)
  assert.match(rig.log, /status: local 0\/10 remote 0\/20\n/)
  assert.equal(await rig.stop(), 0)
})

test('each report is about one of them: it is marked, deferred or bounced by itself, and the slot is free after the last', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@one.example', 'b@one.example', 'c@one.example'], { sender: '' })
  const rig = start(home)
  const first = await rig.delivery(/^a@/)
  rig.report(first, 'Kone\n')
  rig.report(first, 'Zlater\n')
  await rig.logged(/delivery 2: deferral: later\/\nstatus: local 0\/10 remote 1\/20/)
  rig.report(first, 'Dno\n')
  await rig.logged(/delivery 3: failure: no\/\nstatus: local 0\/10 remote 0\/20/)
  assert.match(rig.log, /delivery 1: success: one\/\nstatus: local 0\/10 remote 1\/20/)
  await until('the marks', () => marks(home, id) === 'DTD')
  rig.report(first, 'Kone too many\n')
  await rig.logged(/warning: internal error: delivery report out of range/)
  rig.kill('SIGALRM')
  const again = await rig.delivery(/^b@/)
  assert.deepEqual([again.slot, again.others], [first.slot, []])
  assert.equal(await kill(rig), 'SIGKILL')
})

test('a crash in the middle marks nobody who was not reported', async () => {
  const home = makeRigHome()
  const now = Math.floor(Date.now() / 1000)
  const id = 2 ** 40
  putWaiting(home, numbered(5, 'one.example'), { id, birth: now - 60, due: now - 1 })
  const rig = start(home)
  const asked = await rig.delivery(/^r0@/)
  assert.deepEqual(asked.others, numbered(5, 'one.example').slice(1))
  rig.report(asked, 'Kok\n')
  rig.report(asked, 'Kok\n')
  await rig.logged(/delivery 2: success/)
  rig.kill('SIGKILL')
  await rig.ended
  assert.equal(marks(home, id), 'DDTTT')
  const next = start(home)
  const again = await next.delivery(/^r2@/)
  assert.deepEqual(again.others, ['r3@one.example', 'r4@one.example'])
  // the spawner is lost in the middle
  next.report(again, 'Kok\n')
  await next.logged(/delivery 1: success/)
  next.hangUp('remote')
  assert.equal(await next.ended, 0)
  assert.equal(marks(home, id), 'DDDTT')
})

test('an address that not every server takes goes alone', async () => {
  const home = makeRigHome()
  putMessage(home, ['a@one.example', '\xc3\xbc@one.example', 'b@one.example', '\xc3\xa4@one.example'])
  const rig = start(home)
  await until('all of them', () => rig.asked.length === 3)
  assert.deepEqual(deliveries(rig), [['a@one.example', 'b@one.example'], ['\xc3\xbc@one.example'], ['\xc3\xa4@one.example']])
  assert.equal(await kill(rig), 'SIGKILL')
})

test('there are no more in one than the spawner takes; the rest goes in further deliveries', async () => {
  const home = makeRigHome()
  putMessage(home, [...numbered(30, 'one.example'), ...numbered(2, 'two.example')])
  const rig = start(home, 8)
  await until('all of them', () => deliveries(rig).flat().length === 32)
  assert.deepEqual(
    deliveries(rig).map((all) => all.length),
    [8, 8, 8, 6, 2]
  )
  assert.deepEqual(deliveries(rig).flat(), [...numbered(30, 'one.example'), ...numbered(2, 'two.example')])
  assert.equal(await kill(rig), 'SIGKILL')
})

test('where each recipient is told another sender, or the spawner does not say that it takes several, each goes alone', async () => {
  const home = makeRigHome()
  putMessage(home, numbered(3, 'one.example'), { sender: 'list-@me.example-@[]' })
  const rig = start(home)
  await until('all of them', () => rig.asked.length === 3)
  assert.deepEqual(
    rig.asked.map(({ sender, others }) => [sender, others]),
    [0, 1, 2].map((n) => [`list-r${n}=one.example@me.example`, []])
  )
  assert.equal(await kill(rig), 'SIGKILL')
  for (const options of [{ wide: 400 }, {}]) {
    const other = makeRigHome()
    putMessage(other, numbered(3, 'one.example'))
    const plain = new SendRig(other, { resident: true, ...options })
    await until('all of them', () => plain.asked.length === 3)
    assert.ok(plain.asked.every(({ others }) => others.length === 0))
    assert.equal(await kill(plain), 'SIGKILL')
  }
})

test('one too many for the host is due again at once, on its last try too; a mailbox that is full is not', async () => {
  const home = makeRigHome()
  const now = Math.floor(Date.now() / 1000)
  home.control('queuelifetime', '3600\n')
  putWaiting(home, numbered(4, 'one.example'), { id: 2 ** 40, birth: now - 7200, due: now - 1, sender: '#@[]' })
  const rig = start(home)
  const tooMany = '127.0.0.1 does not like recipient.\nRemote host said: 452 4.5.3 too many\n'
  const full = '127.0.0.1 does not like recipient.\nRemote host said: 452 4.2.2 mailbox full\n'
  const first = await rig.delivery(/^r0@/)
  for (const words of ['Kok\n', `Z${full}`, `Z${tooMany}`, `D${tooMany.replace('452 4.5.3', '550 5.5.3')}`]) rig.report(first, words)
  const [next, last] = [await rig.delivery(/^r2@/), await rig.delivery(/^r3@/)]
  assert.deepEqual([next.others, last.others], [[], []], 'it took one at a time')
  assert.match(rig.log, /delivery 2: failure: 127\.0\.0\.1_does_not_like_recipient\.\/Remote_host_said:_452_4\.2\.2_mailbox_full\/I'm_not_going_to_try_again/)
  assert.match(rig.log, /delivery 3: deferral/)
  assert.match(rig.log, /delivery 4: deferral/)
  rig.report(next, `Z${tooMany}`)
  await rig.logged(/delivery 5: failure/)
  rig.report(last, 'Kok\n')
  await rig.logged(/end msg/)
  assert.equal(await rig.stop(), 0)
})
