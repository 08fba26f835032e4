import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Home, makeHome } from '../helpers/home.ts'
import { putEnvelope, putMessage, queueFiles, SendRig } from '../helpers/send-rig.ts'
import { until } from '../helpers/suite.ts'

const split = (id: number): string => `${id % 23}/${id}`
const makeRigHome = () => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  return home
}
const seconds = (path: string): number => Math.floor(statSync(path).mtimeMs / 1000)
/** How long after its birth, which is the time of its file in info/, a message is due again on a channel. */
const dueAfter = (home: Home, channel: 'local' | 'remote', id: number): number =>
  seconds(home.at(`queue/${channel}`, split(id))) - seconds(home.at('queue/info', split(id)))
/** When a message may be due again whose first pass began so many seconds after its birth, from none to as slow as a machine can be. */
const firstDelays = (skip: number): number[] => Array.from({ length: 12 }, (_, root) => (root + skip) ** 2)

test('first gear: info, local and remote are written and the envelope is gone before any delivery is asked for', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@me.example', 'b@far.example'])
  const rig = new SendRig(home)
  const a = await rig.delivery(/^a@/)
  assert.deepEqual(rig.cleaned, [`todo/${id}`])
  assert.deepEqual(queueFiles(home), {
    [`mess/${id}`]: '',
    [`info/${id}`]: 'Fs@s.example\0',
    [`local/${id}`]: 'Ta@me.example\0',
    [`remote/${id}`]: 'Tb@far.example\0'
  })
  rig.report(a, 'Kok\n')
  rig.report(await rig.delivery(/^b@/), 'Kok\n')
  await rig.logged(/end msg/)
  assert.equal(await rig.stop(), 0)
  assert.deepEqual(queueFiles(home), {})
})

test('SIGTERM during a delivery: it is waited for, what is left is due when it was, a restart delivers it', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@far.example', 'b@far.example', 'c@me.example'])
  const rig = new SendRig(home)
  const [a, b, c] = [await rig.delivery(/^a@/), await rig.delivery(/^b@/), await rig.delivery(/^c@/)]
  rig.report(c, 'Zlater\n')
  rig.report(b, 'Kok\n')
  await rig.logged(/delivery \d: success/)
  rig.kill('SIGTERM')
  rig.kill('SIGTERM')
  assert.equal(await Promise.race([rig.ended, delay(200)]), undefined)
  rig.report(a, 'Zlater\n')
  assert.equal(await rig.ended, 0)
  assert.match(rig.log, /delivery 1: deferral: later\/\nstatus: local 0\/10 remote 0\/20 exitasap\nstatus: exiting\n$|exitasap\nstatus: exiting\n$/)
  assert.equal(readFileSync(home.at('queue/remote', split(id)), 'latin1'), 'Ta@far.example\0Db@far.example\0')
  assert.ok(firstDelays(20).includes(dueAfter(home, 'remote', id)), `remote is due 400 seconds after birth: ${dueAfter(home, 'remote', id)}`)
  assert.ok(firstDelays(10).includes(dueAfter(home, 'local', id)), `local is due 100 seconds after birth: ${dueAfter(home, 'local', id)}`)

  utimesSync(home.at('queue/remote', split(id)), 1, 1)
  const again = new SendRig(home)
  again.report(await again.delivery(/^a@/), 'Kok\n')
  await again.logged(/delivery 1: success/)
  assert.ok(!/b@far|c@me/.test(again.log), 'neither the recipient that is done nor the one that is not due')
  again.kill('SIGALRM')
  again.report(await again.delivery(/^c@/), 'Kok\n')
  await again.logged(/end msg/)
  assert.equal(await again.stop(), 0)
  assert.deepEqual(queueFiles(home), {})
})

test('while a delivery is waited for after SIGTERM, nothing new is begun, and no time is burnt', async () => {
  for (const resident of [false, true]) {
    const home = makeRigHome()
    putMessage(home, ['a@far.example', ...Array.from({ length: 15 }, (_, i) => `n${i}@far.example`)])
    const rig = new SendRig(home, { resident })
    const a = await rig.delivery(/^a@/)
    rig.kill('SIGTERM')
    // a signal is heard when it is heard: the log shows it with the next report
    for (let i = 0; i < 15; i++) {
      rig.report(await rig.delivery(new RegExp(`^n${i}@`)), 'Kok\n')
      await rig.logged(new RegExp(`delivery ${i + 2}: success: ok/\\nstatus: [^\\n]*\\n`))
    }
    assert.match(rig.log, /exitasap/)
    const waits = putMessage(home, ['b@far.example'])
    rig.pull()
    const before = rig.cpu()
    await delay(500)
    assert.ok(rig.cpu() - before <= 100, `${rig.cpu() - before} ms of processor time in half a second`)
    rig.report(a, 'Kok\n')
    assert.equal(await rig.ended, 0)
    assert.ok(existsSync(home.at('queue/todo', String(waits))))
    assert.ok(!rig.log.includes(`new msg ${waits}`))
  }
})

test('a second qmail-send on the same queue does not start, and leaves no lock behind', async () => {
  const home = makeRigHome()
  const rig = new SendRig(home)
  await rig.logged(/status/)
  const second = new SendRig(home)
  assert.equal(await second.ended, 111)
  assert.equal(second.log, 'alert: cannot start: qmail-send is already running\n')
  rig.kill('SIGKILL')
  await rig.ended
  const third = new SendRig(home)
  await third.logged(/status: local/)
  assert.equal(await third.stop(), 0)
})

test('a spawner that never says its limit: cannot start', async () => {
  const home = makeRigHome()
  const rig = new SendRig(home, { limits: undefined })
  assert.equal(await rig.ended, 111)
  assert.equal(rig.log, 'alert: cannot start: hath the daemon spawn no fire?\n')
})

test('qmail-clean is lost when it is needed: qmail-send leaves, the message stays in todo', async () => {
  const home = makeRigHome()
  const rig = new SendRig(home)
  await rig.logged(/status/)
  rig.onClean = () => {
    rig.hangUp('clean')
    return undefined
  }
  const id = putMessage(home, ['a@me.example'])
  rig.pull()
  assert.equal(await rig.ended, 0)
  assert.match(rig.log, /alert: oh no! lost qmail-clean connection! dying\.\.\.\nstatus: exiting\n$/)
  assert.ok(existsSync(home.at('queue/todo', String(id))))
})

test('reports in pieces, with slot 0, too long, mangled and out of range', async () => {
  const home = makeRigHome()
  putMessage(home, ['a@me.example', 'b@me.example', 'c@me.example'])
  const rig = new SendRig(home)
  const [a, b, c] = [await rig.delivery(/^a@/), await rig.delivery(/^b@/), await rig.delivery(/^c@/)]
  assert.equal(a.slot, 0)
  rig.say('local', '\0Ko')
  rig.say('local', `\x63\x00${String.fromCharCode(b.slot)}\x00`)
  await rig.logged(/delivery 2: report mangled, will defer\n/)
  assert.match(rig.log, /delivery 1: success: oc\n/)
  rig.say('local', '\x77Kx\0')
  await rig.logged(/warning: internal error: delivery report out of range\n/)
  rig.report(c, `D${'x'.repeat(20_000)}`)
  await rig.logged(/delivery 3: failure: x{9998}\n/)
  await rig.stop()
})

test('a number used again before qmail-clean has answered: the new message is delivered at once', async () => {
  for (const resident of [false, true]) {
    const home = makeRigHome()
    const id = putMessage(home, ['first@me.example'])
    const rig = new SendRig(home, { resident })
    rig.onClean = (command) => {
      const answer = rig.obey(command)
      if (command !== `foop/${id}` || rig.cleaned.filter((c) => c === command).length > 1) return answer
      writeFileSync(home.at('queue/mess', split(id)), 'Subject: second\n\n')
      putEnvelope(home, id, ['second@me.example'])
      rig.pull()
      setTimeout(() => rig.say('clean', answer), 300)
      return undefined
    }
    rig.report(await rig.delivery(/^first@/), 'Kok\n')
    const second = await rig.delivery(/^second@/)
    assert.equal(second.id, id)
    rig.report(second, 'Kok\n')
    await rig.logged(/end msg[\s\S]*end msg/)
    await rig.stop()
    assert.deepEqual(queueFiles(home), {}, `resident ${resident}`)
  }
})

test('express lane: nothing is written for a message that is delivered; todo goes before foop', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@me.example', 'b@far.example'])
  const rig = new SendRig(home, { resident: true })
  const [a, b] = [await rig.delivery(/^a@/), await rig.delivery(/^b@/)]
  assert.deepEqual(rig.cleaned, [])
  assert.deepEqual(Object.keys(queueFiles(home)), [`mess/${id}`, `todo/${id}`])
  rig.report(a, 'Kok\n')
  rig.report(b, 'Kok\n')
  await rig.logged(/end msg/)
  await until('the message to be removed', () => rig.cleaned.length === 2)
  assert.deepEqual(rig.cleaned, [`todo/${id}`, `foop/${id}`])
  await rig.stop()
  assert.equal(
    rig.log.replaceAll(String(id), 'ID'),
    `status: local 0/10 remote 0/20
new msg ID
info msg ID: bytes 18 from <s@s.example> qp 99 uid 7
starting delivery 1: msg ID to local a@me.example
status: local 1/10 remote 0/20
starting delivery 2: msg ID to remote b@far.example
status: local 1/10 remote 1/20
delivery 1: success: ok/
status: local 0/10 remote 1/20
delivery 2: success: ok/
status: local 0/10 remote 0/20
end msg ID
status: exiting
`
  )
})

test('express lane: a deferral writes the files with their marks, then the envelope goes, and the rest waits', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@me.example', 'b@me.example', 'c@far.example'])
  const rig = new SendRig(home, { resident: true })
  let atTodo: Record<string, string> = {}
  rig.onClean = (command) => {
    atTodo = queueFiles(home)
    return rig.obey(command)
  }
  const [a, b, c] = [await rig.delivery(/^a@/), await rig.delivery(/^b@/), await rig.delivery(/^c@/)]
  rig.report(a, 'Kok\n')
  rig.report(b, 'Znot now\n')
  await until('the envelope to go', () => rig.cleaned.length === 1)
  const { [`todo/${id}`]: _todo, [`mess/${id}`]: _mess, ...written } = atTodo
  assert.deepEqual(written, { [`info/${id}`]: 'Fs@s.example\0', [`local/${id}`]: 'Da@me.example\0Tb@me.example\0', [`remote/${id}`]: 'Tc@far.example\0' })
  rig.report(c, 'Kok\n')
  await rig.logged(/delivery 2: success/)
  await until('the remote file to go', () => !existsSync(home.at('queue/remote', split(id))))
  await rig.stop()
  assert.deepEqual(queueFiles(home), { [`mess/${id}`]: '', [`info/${id}`]: 'Fs@s.example\0', [`local/${id}`]: 'Da@me.example\0Tb@me.example\0' })
  assert.ok(firstDelays(10).includes(dueAfter(home, 'local', id)), `due 100 seconds after birth: ${dueAfter(home, 'local', id)}`)
})

test('express lane: a message that gets its files later was born when it was taken up', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@me.example', 'b@far.example'])
  const rig = new SendRig(home, { resident: true })
  const a = await rig.delivery(/^a@/)
  const asked = Math.floor(Date.now() / 1000)
  await until('a later second', () => Date.now() / 1000 > asked + 1)
  rig.report(a, 'Znot now\n')
  await until('the envelope to go', () => rig.cleaned.length === 1)
  assert.ok(seconds(home.at('queue/info', split(id))) <= asked, 'born before its delivery')
  rig.report(await rig.delivery(/^b@/), 'Kok\n')
  await rig.stop()
})

test('express lane: a failure bounces, once', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@me.example', 'b@far.example'], { sender: 'own-@l.example-@[]' })
  const queueProgram = home.at('lib', 'queue')
  writeFileSync(queueProgram, '#!/bin/sh\ncat > /dev/null; cat <&1 > /dev/null\n')
  chmodSync(queueProgram, 0o755)
  const rig = new SendRig(home, { resident: true, env: { QMAILQUEUE: queueProgram } })
  const a = await rig.delivery(/^a@/)
  assert.equal(a.sender, 'own-a=me.example@l.example')
  rig.report(await rig.delivery(/^b@/), 'Kok\n')
  rig.report(a, 'Dno such user\n\n')
  await rig.logged(/bounce msg \d+ qp \d+\nend msg/)
  await rig.stop()
  assert.deepEqual(rig.cleaned, [`todo/${id}`, `foop/${id}`])
  assert.deepEqual(queueFiles(home), {})
})

test('express lane: no failure is noted while the envelope is still in todo', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@me.example', 'b@far.example', 'c@me.example'])
  const rig = new SendRig(home, { resident: true, limits: [1, 1] })
  const [a, b] = [await rig.delivery(/^a@/), await rig.delivery(/^b@/)]
  rig.onClean = () => undefined
  rig.report(a, 'Znot now\n')
  await until('the request', () => rig.cleaned.length === 1)
  rig.report(b, 'Dnever\n')
  await rig.logged(/delivery 2: failure/)
  rig.report(await rig.delivery(/^c@/), 'Dnever\n')
  await rig.logged(/delivery 3: failure/)
  assert.ok(!existsSync(home.at('queue/bounce', String(id))))
  rig.say('clean', rig.obey(`todo/${id}`))
  await until('both failures', () => existsSync(home.at('queue/bounce', String(id))) && readFileSync(home.at('queue/bounce', String(id)), 'latin1').length > 40)
  assert.deepEqual(queueFiles(home)[`bounce/${id}`], '<b@far.example>:\nnever\n\n<c@me.example>:\nnever\n\n')
  rig.kill('SIGKILL')
})

test('express lane: SIGTERM during deliveries writes the files at once; their reports still count', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@me.example', 'b@me.example', 'c@far.example'])
  const rig = new SendRig(home, { resident: true, limits: [2, 120] })
  const all = [await rig.delivery(/^a@/), await rig.delivery(/^b@/), await rig.delivery(/^c@/)]
  const waits = putMessage(home, ['d@me.example'])
  rig.pull()
  await rig.logged(new RegExp(`new msg ${waits}`))
  rig.kill('SIGTERM')
  await until('the files', () => existsSync(home.at('queue/remote', split(id))))
  for (const delivery of all) rig.report(delivery, 'Kok\n')
  assert.equal(await rig.ended, 0)
  assert.deepEqual(queueFiles(home)[`todo/${waits}`], 'u7\0p99\0Fs@s.example\0Td@me.example\0')
  assert.ok(!existsSync(home.at('queue/todo', String(id))))
  assert.match(rig.log, /exitasap\n/)
})

test('express lane: killed in the middle, everything is delivered again after a restart', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@me.example', 'b@far.example'])
  const rig = new SendRig(home, { resident: true })
  rig.report(await rig.delivery(/^a@/), 'Kok\n')
  await rig.logged(/success/)
  rig.kill('SIGKILL')
  await rig.ended
  assert.deepEqual(Object.keys(queueFiles(home)), [`mess/${id}`, `todo/${id}`])
  const again = new SendRig(home, { resident: true })
  again.report(await again.delivery(/^a@/), 'Kok\n')
  again.report(await again.delivery(/^b@/), 'Kok\n')
  await again.logged(/end msg/)
  await again.stop()
  assert.deepEqual(queueFiles(home), {})
})

test('express lane: files an interrupted preprocessing left are thrown away, not delivered', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@me.example'])
  writeFileSync(home.at('queue/info', split(id)), 'Fwrong@s.example\0')
  writeFileSync(home.at('queue/remote', split(id)), 'Twrong@far.example\0')
  const rig = new SendRig(home, { resident: true })
  rig.report(await rig.delivery(/./), 'Kok\n')
  await rig.logged(/end msg/)
  await rig.stop()
  assert.ok(!rig.log.includes('wrong'))
  assert.deepEqual(queueFiles(home), {})
})

test('express lane: an envelope that cannot be removed is not delivered twice', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@me.example'])
  const rig = new SendRig(home, { resident: true })
  rig.onClean = () => '!'
  rig.report(await rig.delivery(/^a@/), 'Kok\n')
  await rig.logged(/warning: qmail-clean unable to clean up todo/)
  const other = putMessage(home, ['b@me.example'])
  rig.pull()
  await rig.delivery(/^b@/)
  assert.equal(rig.log.split(`new msg ${id}`).length, 2)
  assert.ok(existsSync(home.at('queue/mess', split(id))), 'the message stays as long as its envelope')
  assert.notEqual(other, id)
  rig.kill('SIGKILL')
})

test('express lane: more messages than it holds wait in todo, in order, and none is written', async () => {
  const home = makeRigHome()
  const count = 300
  const wanted = Array.from({ length: count }, () => putMessage(home, ['a@me.example']))
  const rig = new SendRig(home, { resident: true, limits: [1, 1] })
  const first = await rig.delivery(/^a@/)
  const mixed = putMessage(home, ['b@me.example', 'c@far.example'])
  rig.pull()
  rig.report(await rig.delivery(/^c@/), 'Zlater\n') // it does not wait for the busy channel: it is sorted
  const done = [first.id]
  rig.onDelivery = ({ id }) => {
    if (id !== mixed) done.push(id)
    return 'Kok\n'
  }
  rig.report(first, 'Kok\n')
  await until('all deliveries', () => done.length === count && !existsSync(home.at('queue/local', split(mixed))))
  assert.deepEqual(done.toSorted(), wanted.toSorted())
  assert.equal(rig.log.split('new msg').length, count + 2)
  rig.kill('SIGKILL')
  await rig.ended
  assert.deepEqual(
    Object.keys(queueFiles(home)).filter((name) => /^(info|local|remote)/.test(name)),
    [`info/${mixed}`, `remote/${mixed}`]
  )
})

test('messages that qmail-send took no notice of while it was scanning are found by the pull that came meanwhile', async () => {
  const home = makeRigHome()
  const rig = new SendRig(home, { resident: true })
  await rig.logged(/status/)
  const ids = new Set<number>()
  for (let i = 0; i < 40; i++) {
    ids.add(putMessage(home, [`r${i}@me.example`]))
    rig.pull()
    if (i % 10 === 0) await delay(1)
  }
  for (let i = 0; i < 40; i++) rig.report(await rig.delivery(/./), 'Kok\n')
  await until('all to end', () => rig.log.split('end msg').length === 41)
  await rig.stop()
  assert.deepEqual(queueFiles(home), {})
})

test('rubbish in mess that is older than 36 hours goes, nothing else does', async () => {
  const home = makeRigHome()
  const [old, young, owned] = [putMessage(home, []), putMessage(home, []), putMessage(home, ['x@far.example'])]
  for (const id of [old, young]) rmSync(home.at('queue/todo', String(id)))
  for (const id of [old, owned]) utimesSync(home.at('queue/mess', split(id)), 1, 1)
  const rig = new SendRig(home)
  await rig.delivery(/^x@/)
  await until('the sweep', () => !existsSync(home.at('queue/mess', split(old))))
  assert.ok(existsSync(home.at('queue/mess', split(young))))
  assert.ok(existsSync(home.at('queue/mess', split(owned))))
  rig.kill('SIGKILL')
})

test('SIGHUP reads locals and virtualdomains again; when one cannot be read, both stay as they were', async () => {
  const home = makeRigHome()
  const rig = new SendRig(home)
  await rig.logged(/status/)
  home.control('locals', 'new.example\n')
  home.control('virtualdomains', 'v.example:joe\n')
  rig.onDelivery = ({ recipient }) => (recipient.startsWith('probe@') ? 'Kok\n' : undefined) // they must not take all the slots
  rig.kill('SIGHUP')
  await until('new settings', () => {
    putMessage(home, ['probe@new.example'])
    rig.pull()
    return /to local probe@new/.test(rig.log)
  })
  rmSync(home.at('control/virtualdomains'))
  rmSync(home.at('control/locals'))
  home.control('locals', 'lost.example\n')
  const { mkdirSync } = await import('node:fs')
  mkdirSync(home.at('control/virtualdomains'))
  rig.kill('SIGHUP')
  await rig.logged(/alert: unable to reread control\/virtualdomains\n/)
  putMessage(home, ['a@v.example'])
  rig.pull()
  await rig.logged(/to local joe-a@v\.example/)
  rig.kill('SIGKILL')
})
