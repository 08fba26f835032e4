import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusalList } from '../../../src/format/refusal-list.ts'
import { base, codes, feed, type Rig, rig } from '../../helpers/smtpd-rig.ts'

const list = (...entries: string[]) => refusalList(entries, 'plain').refuses
const lists = { sender: list('@bad.example'), recipient: list('gone@here.example'), helo: list('friend') }
const session = (relayclient?: string): Rig => rig({ settings: { ...base(), lists, rcpthosts: new Set(['here.example']) }, relayclient: () => relayclient })

test('HELO name, sender, host and recipient are judged at RCPT, in this order', async () => {
  const r = session()
  await feed(r, 'HELO friend\r\nMAIL FROM:<a@bad.example>\r\nRCPT TO:<x@there.example>\r\n')
  await feed(r, 'HELO x\r\nMAIL FROM:<a@bad.example>\r\nRCPT TO:<x@there.example>\r\n')
  await feed(r, 'MAIL FROM:<a@b>\r\nRCPT TO:<gone@there.example>\r\nRCPT TO:<Gone@here.example>\r\nRCPT TO:<u@here.example>\r\n')
  const refusals = r.said
    .join('')
    .split('\r\n')
    .filter((line) => line.startsWith('553'))
  assert.deepEqual(
    refusals.map((line) => /badhelo|badmailfrom|rcpthosts|badrcptto/.exec(line)?.[0]),
    ['badhelo', 'badmailfrom', 'rcpthosts', 'badrcptto']
  )
  assert.equal(codes(r), '250 250 553 250 250 553 250 553 553 250')
})

test('a client that may relay is not asked for its HELO name and may send anywhere, but not from or to the refused', async () => {
  const r = session('')
  await feed(
    r,
    'HELO friend\r\nMAIL FROM:<a@bad.example>\r\nRCPT TO:<x@there.example>\r\nMAIL FROM:<>\r\nRCPT TO:<x@there.example>\r\nRCPT TO:<gone@here.example>\r\n'
  )
  assert.equal(codes(r), '250 250 553 250 250 553')
})

test('too many refused recipients end the session', async () => {
  const r = rig({ settings: { ...base(), rcpthosts: new Set(), maxRefused: 2 } })
  await feed(r, `MAIL FROM:<>\r\n${'RCPT TO:<a@b>\r\n'.repeat(5)}`)
  assert.equal(codes(r), '250 553 553 421')
  assert.equal(r.session.exit, 1)
})

test('recipients beyond tarpitcount wait, each of them', async () => {
  const r = rig({ settings: { ...base(), tarpitCount: 2, tarpitSeconds: 0.1 } })
  const started = performance.now()
  await feed(r, `MAIL FROM:<>\r\n${'RCPT TO:<a@b>\r\n'.repeat(4)}`)
  assert.ok(performance.now() - started >= 190)
  assert.equal(codes(r), '250 250 250 250 250')
  const other = rig({ settings: { ...base(), tarpitCount: 2, tarpitSeconds: 3600 } })
  await feed(other, 'MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<a@b>\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\n')
  assert.equal(codes(other), '250 250 250 250 250')
})

test('the greeting waits; who speaks before is heard afterwards, or turned away', async () => {
  const settings = { ...base(), greetSeconds: 0.1 }
  const [quiet, early, strict, relay] = [
    rig({ settings }),
    rig({ settings }),
    rig({ settings: { ...settings, isGreetStrict: true } }),
    rig({ settings, relayclient: () => '' })
  ]
  for (const { session: s } of [quiet, early, strict, relay]) s.greet()
  assert.deepEqual([quiet.said, early.said, relay.said], [[], [], ['220 mx ESMTP\r\n']])
  await Promise.all([feed(early, 'NOOP\r\n'), feed(strict, 'NOOP\r\n')])
  assert.deepEqual(early.said, ['220 mx ESMTP\r\n', '250 ok\r\n'])
  assert.deepEqual([strict.said, strict.session.exit], [['554 SMTP protocol violation (#5.5.1)\r\n'], 1])
  await feed(quiet, 'NOOP\r\n')
  assert.equal(quiet.said.join(''), '220 mx ESMTP\r\n250 ok\r\n')
})

test('a recipient of ours that does not exist is refused to those who may relay, as to strangers', async () => {
  for (const relay of [undefined, '']) {
    const recipientExists = (recipient: string) => (recipient === 'nobody@here' ? 'absent' : 'unknown')
    const r = rig({ settings: { ...base(), rcpthosts: new Set(['here']) }, relayclient: () => relay, recipientExists })
    await feed(r, 'MAIL FROM:<a@b>\r\nRCPT TO:<nobody@here>\r\nRCPT TO:<joe@here>\r\n')
    assert.match(r.said.join(''), /^250 ok\r\n550 sorry, no mailbox here by that name \(#5\.1\.1\)\r\n250 ok\r\n$/)
  }
})
