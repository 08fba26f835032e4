import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Authentication } from '../../../src/smtpd/auth/authentication.ts'
import { withPhrase } from '../../../src/smtpd/protocol.ts'
import { base, feed, type Rig, rig } from '../../helpers/smtpd-rig.ts'

const ESMTP = ['8BITMIME', 'DSN']
const MESSAGE = 'RCPT TO:<c@d>\r\nDATA\r\nhi\r\n.\r\n'

/** A session, of this user if there is one, whose client may relay if `isRelay`. */
const session = (user: string | undefined, isRelay = false): Rig => {
  const auth: Authentication = {
    mechanisms: ['PLAIN'],
    isSubmission: false,
    certified: user === undefined ? undefined : { name: user, method: 'plain', senders: [] },
    isClearAllowed: true,
    isOldOffered: false,
    maxFailures: 3,
    delayMilliseconds: 0,
    isForcedSame: false,
    maySendFrom: () => true,
    check: async () => ({ kind: 'refused' }),
    become: () => {},
    challenge: () => '',
    log: () => {}
  }
  return rig({ auth, settings: { ...base(), esmtp: ESMTP }, relayclient: () => (isRelay ? '' : undefined) })
}
/** The notes of a message sent with these parameters of MAIL. */
const notesFor = async (r: Rig, parameters: string): Promise<string | undefined> => {
  await feed(r, `EHLO x\r\nMAIL FROM:<a@b> ${parameters}\r\n${MESSAGE}`)
  assert.equal(r.queued.length, 1, r.said.join(''))
  return r.queued[0]?.notes
}

test('a message that nothing is asked for has no notes, whoever sends it', async () => {
  for (const user of [undefined, 'joe']) {
    for (const parameters of ['', 'BODY=8BITMIME', 'BODY=7BIT AUTH=<>']) assert.equal(await notesFor(session(user), parameters), undefined, parameters)
  }
  assert.equal(await notesFor(session(undefined, true), 'BODY=8BITMIME'), undefined)
  assert.equal(await notesFor(session(undefined), 'AUTH=joe@x'), undefined, 'it may not be believed')
})

test('where there are notes, they say where the message comes from, and its body', async () => {
  assert.equal(await notesFor(session(undefined), 'RET=HDRS BODY=8bitmime'), 'v=1 o=net ret=H body=8')
  assert.equal(await notesFor(session(undefined, true), 'BODY=7BIT RET=FULL'), 'v=1 o=relay ret=F body=7')
  assert.equal(await notesFor(session('a+b=c d'), 'ENVID=7'), 'v=1 o=auth u=a+2Bb+3Dc+20d envid=7')
})

test('AUTH= is noted for users and relay clients; of anybody else it is nobody (RFC 4954 5)', async () => {
  assert.equal(await notesFor(session('joe'), 'AUTH=ann+2Bx@y'), 'v=1 o=auth u=joe auth=ann+2Bx@y')
  assert.equal(await notesFor(session(undefined, true), 'AUTH=ann@y'), 'v=1 o=relay auth=ann@y')
  assert.equal(await notesFor(session(undefined), 'AUTH=ann@y RET=FULL'), 'v=1 o=net ret=F auth=<>')
})

test('a longest user name leaves room for the recipients that are taken', async () => {
  const r = session('='.repeat(255))
  await feed(r, 'EHLO x\r\nMAIL FROM:<a@b> RET=FULL\r\n')
  const original = `ORCPT=rfc822;${'x'.repeat(490)}`
  for (let n = 0; n < 200; n++) await feed(r, `RCPT TO:<c${n}@d> ${original}\r\n`)
  const replies = r.said.join('').trimEnd().split('\r\n')
  const refused = replies.filter((line) => line === '452 too many recipients (#4.5.3)').length
  await feed(r, 'DATA\r\nhi\r\n.\r\n')
  assert.ok(refused > 0)
  assert.equal(r.queued[0]?.recipients.length, 200 - refused)
  assert.match(r.queued[0]?.notes ?? '', new RegExp(` r=${199 - refused},o=rfc822;x+$`))
})

test('Received names the certificate that lets a message through, when it does', async () => {
  let relay: string | undefined
  const certificate = { kind: 'known', name: 'joe@client.example' } as const
  const relayBy = (): void => {
    relay = ''
  }
  const r = rig({
    settings: { ...base(), rcpthosts: new Set(['d']) },
    certificate,
    relayBy,
    relayclient: () => relay,
    isEncrypted: () => true,
    cipher: () => 'TLS_X'
  })
  await feed(r, `EHLO x\r\nMAIL FROM:<a@b>\r\n${MESSAGE}`, `MAIL FROM:<a@b>\r\nRCPT TO:<far@away>\r\n${MESSAGE}`)
  const [here, there] = r.queued.map(({ text }) => text.split(';')[0])
  assert.equal(here, 'Received: from peer (HELO x) (1.2.3.4)\n  by mx with ESMTPS (TLS_X encrypted)')
  assert.equal(there, `${here}\n  (cert joe@client.example)`)
})

test('what Received says of a session is in the words of RFC 3848', () => {
  const word = (isModern: boolean, isEncrypted: boolean, isAuthenticated: boolean): string =>
    withPhrase({ isModern, isUtf8: false, isEncrypted, isAuthenticated, cipher: isEncrypted ? 'TLS_X' : undefined })
  assert.equal(word(false, false, false), 'SMTP')
  assert.equal(word(true, false, false), 'ESMTP')
  for (const isModern of [false, true]) {
    assert.equal(word(isModern, true, false), 'ESMTPS (TLS_X encrypted)')
    assert.equal(word(isModern, false, true), 'ESMTPA')
    assert.equal(word(isModern, true, true), 'ESMTPSA (TLS_X encrypted, authenticated)')
  }
})
