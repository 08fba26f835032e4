import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withStatus } from '../../../src/smtpd/status.ts'
import { base, feed, type Rig, rig } from '../../helpers/smtpd-rig.ts'

const ALL = ['PIPELINING', 'SIZE', '8BITMIME', 'ENHANCEDSTATUSCODES', 'HELP']
const session = (esmtp: string[] | undefined = ALL, maxBytes = 1000): Rig => rig({ settings: { ...base(), esmtp }, maxBytes })
const replies = async (r: Rig, ...lines: string[]): Promise<string[]> => {
  await feed(r, `${lines.join('\r\n')}\r\n`)
  return r.said.splice(0).join('').trimEnd().split('\r\n')
}

test('EHLO offers what control/esmtp lists, in that order, HELO nothing', async () => {
  assert.deepEqual(await replies(session(), 'EHLO x'), ['250-mx', '250-PIPELINING', '250-SIZE 1000', '250-8BITMIME', '250-ENHANCEDSTATUSCODES', '250 HELP'])
  assert.deepEqual(await replies(session(['SIZE'], Number.POSITIVE_INFINITY), 'EHLO x', 'HELO x'), ['250-mx', '250 SIZE', '250 mx'])
  assert.deepEqual(await replies(session([]), 'EHLO x'), ['250 mx'])
  assert.deepEqual(await replies(session(['NOSUCH']), 'EHLO x'), ['250 mx'])
})

test('a size that is too large is refused at MAIL, and one that is none', async () => {
  const r = session(['SIZE'])
  const said = await replies(r, 'EHLO x', ...['1000', '1001', '99999999999999999999', '123456789012345678901', 'x', ''].map((n) => `MAIL FROM:<a@b> SIZE=${n}`))
  assert.deepEqual(
    said.slice(2).map((line) => line.slice(0, 3)),
    ['250', '552', '552', '501', '501', '501']
  )
  assert.equal(said[3], '552 sorry, that message size exceeds my databytes limit (#5.3.4)')
})

test('parameters: those offered, once each; without control/esmtp or after HELO they do not count', async () => {
  const says = [
    'MAIL FROM:<a@b> BODY=8BITMIME size=5',
    'MAIL FROM:<a@b> BODY=BINARYMIME',
    'MAIL FROM:<a@b> X=1',
    'MAIL FROM:<a@b> SIZE=1 SIZE=1',
    'MAIL FROM:<"a> SIZE=5000"@b>'
  ]
  const r = session(['SIZE', '8BITMIME'])
  assert.deepEqual((await replies(r, 'EHLO x', ...says)).slice(3), [
    '250 ok',
    '501 unknown body type (#5.5.4)',
    '555 parameter not supported (#5.5.4)',
    '501 parameter given twice (#5.5.4)',
    '250 ok'
  ])
  assert.deepEqual(
    (await replies(r, 'HELO x', ...says)).slice(1),
    says.map(() => '250 ok')
  )
  assert.deepEqual(
    (await replies(rig(), 'EHLO x', ...says)).slice(3),
    says.map(() => '250 ok')
  )
})

test('a parameter that is refused leaves the transaction before it as it was', async () => {
  const said = await replies(session(), 'EHLO x', 'MAIL FROM:<a@b>', 'MAIL FROM:<c@d> SIZE=2000', 'RCPT TO:<e@f>')
  assert.deepEqual(said.slice(6), ['250 2.1.0 ok', '552 5.3.4 sorry, that message size exceeds my databytes limit (#5.3.4)', '250 2.1.5 ok'])
})

test('enhanced status codes stand before every reply after EHLO, and their class agrees', async () => {
  const r = session()
  const said = await replies(r, 'EHLO x', 'NOOP', 'FOO', 'DATA', 'VRFY x', 'HELP', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', 'x', '.', 'QUIT')
  assert.deepEqual(said.slice(6), [
    '250 2.0.0 ok',
    '502 5.5.1 unimplemented (#5.5.1)',
    '503 5.5.1 MAIL first (#5.5.1)',
    '252 2.0.0 send it and see',
    '214 2.0.0 qmail home page: https://cr.yp.to/qmail.html',
    '250 2.1.0 ok',
    '250 2.1.5 ok',
    '354 go ahead',
    '250 2.0.0 ok 1 qp 42',
    '221 2.0.0 mx'
  ])
  assert.equal(withStatus('250-first', undefined), '250-2.0.0 first', 'each line of several')
  const plain = session()
  assert.deepEqual(await replies(plain, 'HELO x', 'FOO'), ['250 mx', '502 unimplemented (#5.5.1)'])
  const failing = rig({ settings: { ...base(), esmtp: ALL }, result: { code: 82, text: 'Zno (#5.7.1)', qp: 1, weFailed: false } })
  assert.equal((await replies(failing, 'EHLO x', 'MAIL FROM:<>', 'RCPT TO:<c@d>', 'DATA', '.')).at(-1), '451 4.0.0 no (#5.7.1)')
})

test('LIMITS tells how many recipients a message may have, if there is a limit', async () => {
  const limited = (maxRecipients: number): Rig => rig({ settings: { ...base(), esmtp: ['LIMITS'], maxRecipients } })
  assert.deepEqual(await replies(limited(50), 'EHLO x'), ['250-mx', '250 LIMITS RCPTMAX=50 MAILMAX=1000'])
  assert.deepEqual(await replies(limited(Number.POSITIVE_INFINITY), 'EHLO x'), ['250-mx', '250 LIMITS MAILMAX=1000'])
})

test('a session that was told of MAILMAX is ended by the MAIL after that, and any other may go on', async () => {
  const tooMany = ['EHLO x', ...Array<string>(500).fill('MAIL FROM:<a@b>'), 'RSET', ...Array<string>(500).fill('MAIL FROM:<a@b>')]
  const limited = rig({ settings: { ...base(), esmtp: ['LIMITS', 'ENHANCEDSTATUSCODES'] } })
  const said = await replies(limited, ...tooMany)
  assert.equal(said.at(-1), '250 2.1.0 ok')
  assert.deepEqual(await replies(limited, 'MAIL FROM:<a@b>', 'NOOP'), ['421 4.7.0 too many messages in one session, please connect again (#4.7.0)'])
  for (const settings of [{ ...base(), esmtp: ['PIPELINING'] }, base()])
    assert.equal((await replies(rig({ settings }), ...tooMany, 'MAIL FROM:<a@b>', 'NOOP')).at(-1), '250 ok')
})
