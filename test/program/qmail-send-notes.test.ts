import assert from 'node:assert/strict'
import { statSync, utimesSync } from 'node:fs'
import { test } from 'node:test'
import { type Home, makeHome } from '../helpers/home.ts'
import { keepNotices } from '../helpers/kept-notices.ts'
import { keptIn, layVariableKeeper } from '../helpers/kept-variables.ts'
import { putMessage, queueFiles, SendRig } from '../helpers/send-rig.ts'

const split = (id: number): string => `${id % 23}/${id}`
const makeRig = (control: Record<string, string> = {}) => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  home.control('bounceformat', 'dsn\n')
  for (const [name, text] of Object.entries(control)) home.control(name, text)
  const { program, kept } = keepNotices(home)
  const start = (resident = false, wide?: number): SendRig => new SendRig(home, { resident, env: { QMAILQUEUE: program }, ...(wide !== undefined && { wide }) })
  return { home, kept, start }
}

/** A message with notes behind the number of its `p` record. */
const putNoted = (home: Home, recipients: string[], notes: string, sender = 's@s.example'): number => putMessage(home, recipients, { sender, notes })

for (const isResident of [false, true]) {
  test(`notes come into info/, and bounces tell what they ask for; ${isResident ? 'second' : 'first'} gear`, async () => {
    const { home, kept, start } = makeRig({ virtualdomains: 'v.example:joe\n' })
    const notes = 'v=1 o=net ret=H envid=QQ+2B1 r=0,n=N r=1,n=F,o=rfc822;first+2Bx@old.example r=2,n=SD r=3,o=x400;c+3Dde'
    const id = putNoted(home, ['never@far.example', 'b@v.example', 'silent@far.example', 'other@far.example'], notes)
    const rig = start(isResident)
    await rig.logged(new RegExp(`info msg ${id}: bytes \\d+ from <s@s\\.example> qp 99 uid 7\n`))
    const all = [await rig.delivery(/^never@/), await rig.delivery(/^joe-b@/), await rig.delivery(/^silent@/), await rig.delivery(/^other@/)]
    assert.equal(
      queueFiles(home)[`info/${id}`],
      'Fs@s.example\0Nv=1 o=net ret=H envid=QQ+2B1 w=0 rl=0,n=F,a=joe-b@v.example,o=rfc822;first+2Bx@old.example rr=0,n=N rr=19,n=SD rr=39,a=other@far.example,o=x400;c+3Dde\0'
    )
    for (const one of all) rig.report(one, 'DSorry, no. (#5.1.1)\n')
    await rig.logged(/bounce msg \d+ qp \d+\nend msg/)
    await rig.stop()
    const [{ message } = { message: '' }, ...more] = kept()
    assert.equal(more.length, 0)
    assert.doesNotMatch(message, /never@|silent@/)
    assert.match(message, /\nOriginal-Envelope-Id: QQ\+1\n/)
    assert.match(message, /\nOriginal-Recipient: rfc822; first\+x@old\.example\nFinal-Recipient: rfc822; b@v\.example\nAction: failed\n/)
    assert.match(message, /\nOriginal-Recipient: x400; c=de\nFinal-Recipient: rfc822; other@far\.example\n/)
    assert.match(message, /\nContent-Type: text\/rfc822-headers\n[^\n]+\n\nReturn-Path: <s@s\.example>\nSubject: hi\n\n--/)
    assert.deepEqual(queueFiles(home), {})
  })
}

test('NOTIFY=NEVER for all: no bounce, not even a double one; NOTIFY=SUCCESS: what became of each recipient, one report a pass', async () => {
  const { home, kept, start } = makeRig()
  const rig = start(true)
  await rig.logged(/status: /)
  putNoted(home, ['a@far.example'], 'v=1 r=0,n=N', '')
  rig.pull()
  rig.report(await rig.delivery(/^a@/), 'Dno\n')
  await rig.logged(/failure: no\/\n[\s\S]*end msg/)
  const recipients = ['box@me.example', 'one@me.example', 'many@me.example', '@me.example', 'plain@me.example', 'far@far.example']
  putNoted(home, recipients, `v=1 envid=E r=0,n=S,o=rfc822;Box@me.example ${[1, 2, 3, 5].map((n) => `r=${n},n=SF`).join(' ')}`)
  rig.pull()
  const reports = ['did 1+0+0\n', 'did 0+1+0\n', 'did 0+2+0\n', '', 'did 1+0+0\n']
  for (const [n, text] of reports.entries()) rig.report(await rig.delivery(new RegExp(`^${recipients[n]?.split('@')[0]}@`)), `K${text}`)
  await rig.logged(/notice msg \d+ qp \d+: success\n/)
  rig.report(await rig.delivery(/^far@/), 'K192.0.2.1 accepted message.\nRemote host said: 250 2.6.0 ok queued\n')
  await rig.logged(/notice msg [\s\S]*notice msg \d+ qp \d+: success\nend msg/)
  await rig.stop()
  assert.equal(/bounce msg/.exec(rig.log), null)
  const [local = '', remote = ''] = kept().map(({ message }) => message)
  assert.equal(kept().length, 2)
  assert.match(local, /\nSubject: delivery notice\n[\s\S]*\nOriginal-Envelope-Id: E\n/)
  assert.match(
    local,
    /\nOriginal-Recipient: rfc822; Box@me\.example\nFinal-Recipient: rfc822; box@me\.example\nAction: delivered\nStatus: 2\.0\.0\nLast-Attempt-Date: /
  )
  assert.match(local, /\nFinal-Recipient: rfc822; one@me\.example\nAction: relayed\n/)
  assert.match(local, /\nFinal-Recipient: rfc822; many@me\.example\nAction: expanded\n/)
  assert.match(local, /\nFinal-Recipient: rfc822; @me\.example\nAction: delivered\n/)
  assert.doesNotMatch(local, /plain@/)
  assert.match(
    remote,
    /\nFinal-Recipient: rfc822; far@far\.example\nAction: relayed\nStatus: 2\.6\.0\nRemote-MTA: dns; \[192\.0\.2\.1\]\nDiagnostic-Code: smtp; 250 2\.6\.0 ok queued\n/
  )
  assert.deepEqual(queueFiles(home), {})
})

test('a report of success that is not taken keeps its message in the queue; only who asked for it is warned of delays', async () => {
  const { home, kept, start } = makeRig({ delaywarning: '3600\n' })
  const id = putNoted(home, ['a@far.example', 'b@far.example', 'c@far.example'], 'v=1 r=0,n=SF r=1,n=D')
  const rig = new SendRig(home, { env: { QMAILQUEUE: '/bin/false' } })
  rig.report(await rig.delivery(/^b@/), 'Zlater\n')
  rig.report(await rig.delivery(/^c@/), 'Zlater\n')
  rig.report(await rig.delivery(/^a@/), 'Zlater\n')
  await rig.logged(/(deferral[\s\S]*){3}/)
  await rig.stop()
  const birth = Math.floor(Date.now() / 1000) - 5000
  utimesSync(home.at('queue/info', split(id)), birth, birth)
  utimesSync(home.at('queue/remote', split(id)), 1, 1)
  const again = start()
  for (const recipient of [/^a@/, /^b@/, /^c@/]) again.report(await again.delivery(recipient), 'Zlater\n')
  await again.logged(/notice msg \d+ qp \d+: delay\n/)
  await again.stop()
  assert.match(kept()[0]?.message ?? '', /Final-Recipient: rfc822; b@[\s\S]+Final-Recipient: rfc822; c@/)
  assert.doesNotMatch(kept()[0]?.message ?? '', /a@far/)

  utimesSync(home.at('queue/remote', split(id)), 1, 1)
  const failing = new SendRig(home, { env: { QMAILQUEUE: '/bin/false' } })
  for (const recipient of [/^a@/, /^b@/, /^c@/]) failing.report(await failing.delivery(recipient), 'Kok\n')
  await failing.logged(/warning: trouble injecting bounce message/)
  assert.ok(statSync(home.at('queue/mess', split(id))).size > 0)
  assert.equal(await failing.stop(), 0)
  assert.match(failing.log, /warning: nobody was told of the delivery of msg \d+\n/)
})

test('notes on recipients that are not there do not count; an envelope above 64 kB keeps its notes', async () => {
  const { home, kept, start } = makeRig()
  const id = putNoted(home, ['a@far.example'], 'v=1 r=0,n=N r=1,n=N')
  const many = Array.from({ length: 4000 }, (_, n) => `user-number-${n}@me.example`)
  const large = putNoted(home, [...many, 'last@far.example'], 'v=1 envid=L r=3999,n=N,o=rfc822;x@y r=4000,n=F')
  const rig = start(true)
  rig.onDelivery = ({ channel }) => (channel === 'local' ? 'K\n' : undefined)
  rig.report(await rig.delivery(/^a@/), 'Dno\n')
  await rig.logged(new RegExp(`bounce msg ${id} `))
  const last = await rig.delivery(/^last@/)
  const at = many.slice(0, -1).join('').length + 2 * 3999
  assert.equal(queueFiles(home)[`info/${large}`], `Fs@s.example\0Nv=1 envid=L w=0 rl=${at},n=N,a=user-number-3999@me.example,o=rfc822;x@y rr=0,n=F\0`)
  rig.report(last, 'Dno\n')
  await rig.logged(new RegExp(`end msg ${large}`))
  await rig.stop()
  assert.match(kept()[1]?.message ?? '', /Original-Envelope-Id: L\n/)
})

test('of a message without a sender nobody hears, whatever was asked for (RFC 3461 5.2)', async () => {
  const { home, kept, start } = makeRig()
  const rig = start(true)
  await rig.logged(/status: /)
  const id = putNoted(home, ['box@me.example', 'far@far.example'], 'v=1 envid=E r=0,n=S r=1,n=SFD', '')
  rig.pull()
  rig.report(await rig.delivery(/^box@/), 'Kdid 1+0+0\n')
  rig.report(await rig.delivery(/^far@/), 'K192.0.2.1 accepted message.\n')
  await rig.logged(new RegExp(`end msg ${id}`))
  await rig.stop()
  assert.deepEqual(kept(), [])
  assert.doesNotMatch(rig.log, /notice msg/)
})

test('a bounce of a message that demands TLS tells no more of it than everybody may know (RFC 8689 5)', async () => {
  const body =
    'Received: from secret\nFrom: a@b.example\nX-Secret: 1\n more\nsubject: two\n lines\nTo: x@y.example\nDate: now\nMessage-Id: <m>\nCc: secret\n\nsecret\n'
  for (const bounceformat of ['dsn\n', 'qsbmf\n']) {
    const { home, kept, start } = makeRig({ bounceformat })
    const rig = start(true, 300)
    await rig.logged(/status: /)
    putMessage(home, ['far@far.example'], { sender: 's@s.example', body, notes: 'v=1 o=net tls' })
    rig.pull()
    rig.report(await rig.delivery(/^far@/), 'DSorry, no. (#5.7.30)\n')
    await rig.logged(/bounce msg \d+ qp \d+\nend msg/)
    await rig.stop()
    const [{ message } = { message: '' }] = kept()
    assert.match(message, /\nReturn-Path: <s@s\.example>\nFrom: a@b\.example\nsubject: two\n lines\nTo: x@y\.example\nDate: now\nMessage-Id: <m>\n(?!\w)/)
    assert.doesNotMatch(message, /secret|Secret/)
  }
})

for (const isResident of [false, true]) {
  test(`what demands TLS is not given to a qmail-rspawn that cannot be told; its local recipients get it; ${isResident ? 'second' : 'first'} gear`, async () => {
    const { home, start } = makeRig()
    const id = putMessage(home, ['box@me.example', 'far@far.example', 'away@far.example'], { sender: 's@s.example', notes: 'v=1 o=net tls' })
    const plain = putMessage(home, ['plain@far.example'], { sender: 's@s.example' })
    const rig = start(isResident)
    rig.report(await rig.delivery(/^box@/), 'Kdid 1+0+0\n')
    rig.report(await rig.delivery(/^plain@/), 'Kok\n')
    await rig.logged(/(?:deferral: REQUIRETLS_cannot_be_passed_on:[^\n]*\(#4\.7\.0\)\/\n[\s\S]*){2}/)
    await rig.logged(new RegExp(`end msg ${plain}\n`))
    assert.equal(await rig.stop(), 0)
    assert.deepEqual(rig.asked, [])
    assert.equal(queueFiles(home)[`remote/${id}`], 'Tfar@far.example\0Taway@far.example\0')
  })
}

test('a bounce that demands TLS says so to a queue program by its environment', async () => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  const HOME = home.at('lib')
  const rig = new SendRig(home, { resident: true, wide: 300, env: { QMAILQUEUE: layVariableKeeper(home), HOME } })
  await rig.logged(/status: /)
  putMessage(home, ['far@far.example'], { sender: 's@s.example', notes: 'v=1 o=net tls' })
  rig.pull()
  rig.report(await rig.delivery(/^far@/), 'DSorry, no. (#5.7.30)\n')
  await rig.logged(/bounce msg \d+ qp \d+\nend msg/)
  await rig.stop()
  assert.deepEqual(keptIn(HOME), { envelope: 'F\0Ts@s.example\0', notes: 'v=1 tls' })
})
