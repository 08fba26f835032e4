import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base, feed, type Rig, rig } from '../../helpers/smtpd-rig.ts'

const bytes = (text: string): string => Buffer.from(text).toString('latin1')
const OFFERED = ['8BITMIME', 'SMTPUTF8', 'DSN']
const session = (esmtp: string[] | undefined = OFFERED, over: Parameters<typeof rig>[0] = {}): Rig =>
  rig({ settings: { ...base(), esmtp }, relayclient: () => '', ...over })
const replies = async (r: Rig, ...lines: string[]): Promise<string[]> => {
  await feed(r, `${lines.join('\r\n')}\r\n`)
  return r.said.splice(0).join('').trimEnd().split('\r\n')
}
const JOE = bytes('jürgen@exämple.org')

test('SMTPUTF8 is offered where control/esmtp lists it, and has no value', async () => {
  const r = session()
  assert.deepEqual(await replies(r, 'EHLO x'), ['250-mx', '250-8BITMIME', '250-SMTPUTF8', '250 DSN'])
  assert.deepEqual(await replies(r, `MAIL FROM:<${JOE}> smtputf8 BODY=8BITMIME`, `RCPT TO:<${JOE}>`), ['250 ok', '250 ok'])
  assert.deepEqual(await replies(r, 'MAIL FROM:<a@b> SMTPUTF8=yes'), ['501 malformed SMTPUTF8 (#5.5.4)'])
  assert.deepEqual(await replies(r, 'MAIL FROM:<a@b>', 'RCPT TO:<a@b> SMTPUTF8'), ['250 ok', '555 parameter not supported (#5.5.4)'])
  assert.deepEqual(await replies(r, 'VRFY a@b SMTPUTF8'), ['252 send it and see'])
  assert.deepEqual(await replies(session(['DSN']), 'EHLO x', 'MAIL FROM:<a@b> SMTPUTF8'), ['250-mx', '250 DSN', '555 parameter not supported (#5.5.4)'])
})

test('an address that is not ASCII needs it, and has to be UTF-8', async () => {
  const r = session()
  const bad = ['j\xfcrgen@x', 'a\xc0\xafb@x', '\xed\xa0\x80@x', '\xf4\x90\x80\x80@x', 'a\xc2\x85@x', `a@${bytes('ü')}\xff`]
  await replies(r, 'EHLO x')
  for (const address of bad) {
    assert.deepEqual(await replies(r, `MAIL FROM:<${address}> SMTPUTF8`), ['553 address is not in UTF-8 (#5.6.7)'], address)
    assert.deepEqual(await replies(r, 'MAIL FROM:<> SMTPUTF8', `RCPT TO:<${address}>`), ['250 ok', '553 address is not in UTF-8 (#5.6.7)'], address)
  }
  assert.deepEqual(await replies(r, 'RSET', `MAIL FROM:<${JOE}>`, 'RCPT TO:<a@b>'), [
    '250 flushed',
    '553 non-ASCII address needs SMTPUTF8 (#5.6.7)',
    '503 MAIL first (#5.5.1)'
  ])
  assert.deepEqual(await replies(r, 'MAIL FROM:<a@b>', `RCPT TO:<${JOE}>`), ['250 ok', '553 non-ASCII address needs SMTPUTF8 (#5.6.7)'])
})

test('where it is not offered, and after HELO, any bytes pass, as ever, and nothing is noted', async () => {
  for (const [r, hello] of [
    [session(['DSN']), 'EHLO x'],
    [rig({ settings: base(), relayclient: () => '' }), 'EHLO x'],
    [session(), 'HELO x']
  ] as const) {
    await replies(r, hello)
    const heard = await replies(r, 'MAIL FROM:<j\xfcrgen@x>', 'RCPT TO:<\xff@x>', 'DATA', 'hi', '.')
    assert.deepEqual(heard.map((line) => line.slice(0, 3)), ['250', '250', '354', '250']) // biome-ignore format: one line
    assert.deepEqual(r.queued.map(({ sender, recipients, notes }) => [sender, ...recipients, notes]), [['j\xfcrgen@x', '\xff@x', undefined]]) // biome-ignore format: one line
  }
})

test('the queue hears of it as the note utf8, for this message alone; Received says UTF8SMTP and what else there is', async () => {
  const r = session()
  const message = ['RCPT TO:<a@b>', 'DATA', 'Subject: x', '', 'hi', '.']
  await replies(r, 'EHLO x', 'MAIL FROM:<s@x> SMTPUTF8 RET=HDRS', ...message, 'MAIL FROM:<s@x>', ...message)
  assert.deepEqual(
    r.queued.map(({ notes }) => notes),
    ['v=1 o=relay utf8 ret=H', undefined]
  )
  assert.match(r.queued[0]?.text ?? '', /^Received: [^;]* with UTF8SMTP;/)
  assert.match(r.queued[1]?.text ?? '', /^Received: [^;]* with ESMTP;/)
  const tls = session(OFFERED, { isEncrypted: () => true, cipher: () => 'X' })
  await replies(tls, 'EHLO x', 'MAIL FROM:<s@x> SMTPUTF8', ...message)
  assert.match(tls.queued[0]?.text ?? '', /^Received: [^;]* with UTF8SMTPS \(X encrypted\);/)
})

test('ORCPT may hold UTF-8 then, and is kept in ASCII (RFC 6533)', async () => {
  const r = session()
  const says = [
    `RCPT TO:<a@b> ORCPT=utf-8;${JOE}`,
    'RCPT TO:<b@b> ORCPT=utf-8;j\\x{FC}@x',
    'RCPT TO:<c@b> ORCPT=utf-8;j\xfc@x',
    `RCPT TO:<d@b> ORCPT=rfc822;${JOE}`
  ]
  const heard = await replies(r, 'EHLO x', 'MAIL FROM:<s@x> SMTPUTF8', ...says, 'DATA', 'hi', '.', 'MAIL FROM:<s@x>', says[0] ?? '')
  assert.deepEqual(heard.slice(4).map((line) => line.slice(0, 3)), ['250', '250', '250', '501', '501', '354', '250', '250', '501']) // biome-ignore format: one line
  assert.equal(r.queued[0]?.notes, 'v=1 o=relay utf8 r=0,o=utf-8;j\\x{FC}rgen@ex\\x{E4}mple.org r=1,o=utf-8;j\\x{FC}@x')
})

test('rcpthosts and badmailfrom know a domain by its A-labels too', async () => {
  const settings = { ...base(), esmtp: OFFERED, rcpthosts: new Set(['xn--exmple-cua.org']) }
  const r = rig({ settings })
  const heard = await replies(
    r,
    'EHLO x',
    'MAIL FROM:<> SMTPUTF8',
    `RCPT TO:<${JOE}>`,
    `RCPT TO:<${bytes('a@EXämple.org')}>`,
    `RCPT TO:<${bytes('a@exömple.org')}>`
  )
  assert.deepEqual(heard.slice(4).map((line) => line.slice(0, 3)), ['250', '250', '250', '553']) // biome-ignore format: one line
})
