import assert from 'node:assert/strict'
import { readFileSync, statSync, utimesSync } from 'node:fs'
import { test } from 'node:test'
import { type Home, makeHome } from '../helpers/home.ts'
import { keepNotices } from '../helpers/kept-notices.ts'
import { putMessage, queueFiles, SendRig } from '../helpers/send-rig.ts'

const split = (id: number): string => `${id % 23}/${id}`
const makeRig = (control: Record<string, string> = {}) => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  for (const [name, text] of Object.entries(control)) home.control(name, text)
  const { program, kept } = keepNotices(home)
  return { home, kept, start: (resident = false) => new SendRig(home, { resident, env: { QMAILQUEUE: program } }) }
}

/** Makes a message that is not running that many seconds old, and due. */
const age = (home: Home, id: number, seconds: number): number => {
  const birth = Math.floor(Date.now() / 1000) - seconds
  utimesSync(home.at('queue/info', split(id)), birth, birth)
  for (const channel of ['local', 'remote']) {
    const path = home.at('queue', channel, split(id))
    if (statSync(path, { throwIfNoEntry: false })) utimesSync(path, 1, 1)
  }
  return birth
}

/** A message that has been tried once, without success, and waits: qmail-send has ended. */
const waiting = async ({ home, start }: ReturnType<typeof makeRig>, recipients: string[], sender = 's@s.example'): Promise<number> => {
  const id = putMessage(home, recipients, { sender, body: 'Subject: hi\n\nbody\n' })
  const rig = start()
  for (const recipient of recipients) rig.report(await rig.delivery(new RegExp(`^${recipient}`)), 'Znot now\n')
  await rig.logged(new RegExp(`(deferral[\\s\\S]*){${recipients.length}}`))
  await rig.stop()
  return id
}

test('a message that has passed an age of control/delaywarning: its sender is told once, of all recipients, whatever is restarted', async () => {
  const rigs = makeRig({ delaywarning: '14400\n86400\n', queuelifetime: '604800\n' })
  const { home, kept, start } = rigs
  const id = await waiting(rigs, ['a@far.example', 'b@me.example', 'c@far.example'])
  assert.equal(kept().length, 0)
  const birth = age(home, id, 20_000)
  const rig = start()
  const [a, b, c] = [await rig.delivery(/^a@/), await rig.delivery(/^b@/), await rig.delivery(/^c@/)]
  rig.report(c, 'Kok\n')
  await rig.logged(/delivery \d: success/)
  rig.report(a, 'Z192.0.2.1 does not like recipient.\nRemote host said: 450 4.2.0 greylisted\nGiving up on 192.0.2.1.\n')
  await rig.logged(new RegExp(`notice msg ${id} qp \\d+: delay\n`))
  rig.report(b, 'Znot now\n')
  await rig.logged(/deferral: not_now/)
  await rig.stop()
  assert.equal(queueFiles(home)[`info/${id}`], 'Fs@s.example\0Nv=1 w=1\0')
  assert.equal(Math.floor(statSync(home.at('queue/info', split(id))).mtimeMs / 1000), birth, 'it is as old as before')

  age(home, id, 50_000)
  const second = start()
  for (const recipient of [/^a@/, /^b@/]) second.report(await second.delivery(recipient), 'Znot now\n')
  await second.logged(/(deferral[\s\S]*){2}/)
  await second.stop()
  age(home, id, 90_000)
  const third = start(true)
  third.report(await third.delivery(/^a@/), 'Know\n')
  third.report(await third.delivery(/^b@/), 'Znot now\n')
  await third.logged(/notice msg \d+ qp \d+: delay\n/)
  await third.stop()
  assert.equal(queueFiles(home)[`info/${id}`], 'Fs@s.example\0Nv=1 w=2\0')
  const notices = kept()
  assert.deepEqual(
    notices.map(({ envelope }) => envelope),
    Array(2).fill('F\0Ts@s.example\0\0')
  )
  const [first = '', last = ''] = notices.map(({ message }) => message)
  assert.match(first, /^Date: [^\n]+\nFrom: MAILER-DAEMON@mail\.example\.org\nTo: s@s\.example\nSubject: delay notice\nMessage-ID: /)
  assert.match(first, /\n\nThis is only a warning, from the qmail-send program at mail\.example\.org\.\n/)
  assert.match(first, /\n<b@me\.example>:\n\n/)
  assert.doesNotMatch(first, /c@far/)
  assert.match(
    first,
    /\nFinal-Recipient: rfc822; a@far\.example\nAction: delayed\nStatus: 4\.2\.0\nRemote-MTA: dns; \[192\.0\.2\.1\]\nDiagnostic-Code: smtp; 450 4\.2\.0 greylisted\nLast-Attempt-Date: [^\n]+\nWill-Retry-Until: /
  )
  assert.match(first, /\nContent-Type: text\/rfc822-headers\nContent-Transfer-Encoding: 8bit\n\nReturn-Path: <s@s\.example>\nSubject: hi\n\n--/)
  assert.match(last, /\nFinal-Recipient: rfc822; b@me\.example\nAction: delayed\nStatus: 4\.0\.0\nDiagnostic-Code: x-qmail; not now\n/)
  assert.doesNotMatch(last, /Final-Recipient: rfc822; a@/)
})

test('nobody is warned without control/delaywarning, or of a bounce; a warning that is not taken comes with the next pass', async () => {
  const rigs = makeRig()
  const { home, kept, start } = rigs
  const id = await waiting(rigs, ['a@far.example'])
  const bounce = await waiting(rigs, ['b@far.example'], '')
  const pass = async (rig: SendRig): Promise<void> => {
    for (const recipient of [/^a@/, /^b@/]) rig.report(await rig.delivery(recipient), 'Znot now\n')
    await rig.logged(/(deferral[\s\S]*){2}/)
  }
  for (const message of [id, bounce]) age(home, message, 20_000)
  const silent = start()
  await pass(silent)
  await silent.stop()
  home.control('delaywarning', '0\n14400\n')
  for (const message of [id, bounce]) age(home, message, 20_000)
  const refused = new SendRig(home, { env: { QMAILQUEUE: '/bin/false' } })
  await pass(refused)
  await refused.logged(/warning: trouble injecting bounce message/)
  await refused.stop()
  assert.equal(queueFiles(home)[`info/${id}`], 'Fs@s.example\0Nv=1 w=0\0')
  for (const message of [id, bounce]) age(home, message, 20_000)
  const rig = start()
  await pass(rig)
  await rig.logged(new RegExp(`notice msg ${id} qp`))
  await rig.stop()
  assert.deepEqual(
    kept().map(({ envelope }) => envelope),
    ['F\0Ts@s.example\0\0']
  )
  assert.equal(readFileSync(home.at('queue/info', split(bounce)), 'latin1'), 'F\0')
})

test('bounces to one address: no more a minute than control/bouncerate, the others wait for their places; who starts anew begins anew', async () => {
  const { home, kept, start } = makeRig({ bouncerate: '1\n' })
  for (const name of ['first', 'second']) putMessage(home, [`${name}@far.example`])
  const other = putMessage(home, ['other@far.example'], { sender: 't@s.example' })
  const rig = start()
  rig.report(await rig.delivery(/^first@/), 'Dno\n')
  await rig.logged(/bounce msg /)
  rig.report(await rig.delivery(/^second@/), 'Dno\n')
  await rig.logged(/warning: too many bounces to s@s\.example; bounce\/\d+ waits\n/)
  rig.report(await rig.delivery(/^other@/), 'Dno\n')
  await rig.logged(new RegExp(`bounce msg ${other} qp`))
  await rig.stop()
  assert.deepEqual(
    kept().map(({ envelope }) => envelope),
    ['F\0Ts@s.example\0\0', 'F\0Tt@s.example\0\0']
  )
  const again = start()
  await again.logged(/bounce msg [\s\S]*end msg /)
  await again.stop()
  assert.deepEqual(queueFiles(home), {})
})
