import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthAnswer } from '../../../src/serve/auth-door.ts'
import { authMode, MECHANISMS } from '../../../src/serve/auth-mode.ts'
import type { Authentication } from '../../../src/smtpd/auth/authentication.ts'
import { bearerClaim, cramClaim, fromBase64, plainClaim, xoauth2Claim } from '../../../src/smtpd/auth/sasl.ts'
import { authenticationFor } from '../../../src/smtpd/auth/session-auth.ts'
import { base, codes, feed, type Rig, rig } from '../../helpers/smtpd-rig.ts'

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

/** AUTH with a checker that answers so; `asked`: what it was asked. */
const session = (answers: AuthAnswer[] = [], over: Partial<Authentication> = {}, esmtp?: string[]): Rig & { asked: string[]; log: string[] } => {
  const [asked, log]: [string[], string[]] = [[], []]
  const auth: Authentication = {
    mechanisms: MECHANISMS,
    isSubmission: false,
    certified: undefined,
    isClearAllowed: true,
    isOldOffered: false,
    maxFailures: 3,
    delayMilliseconds: 0,
    isForcedSame: false,
    maySendFrom: (_, sender) => sender === 'joe@a',
    check: async (method, { user, secret }, challenge) => {
      asked.push([method, user, secret, challenge].join('|'))
      return answers.shift() ?? { kind: 'refused' }
    },
    become: () => {},
    challenge: () => '<1@x>',
    log: (outcome, method, user) => void log.push(`${outcome} ${method} ${user}`),
    ...over
  }
  return { ...rig({ auth, settings: { ...base(), esmtp } }), asked, log }
}
const GOOD: AuthAnswer = { kind: 'good', user: 'joe', senders: '' }
const PLAIN = `AUTH PLAIN ${base64('\0joe\0pw')}\r\n`

test('$SMTPAUTH, $SUBMISSION and the port say what AUTH is', () => {
  const of = (env: Record<string, string>, hasChecker = true): string => {
    const { mechanisms, isSubmission } = authMode(env, hasChecker)
    return `${mechanisms.join(' ')}${isSubmission ? ' !' : ''}`
  }
  const [usual, tokens] = ['LOGIN PLAIN', 'OAUTHBEARER XOAUTH2']
  for (const [word, means] of [
    ['', usual],
    ['yes', usual],
    ['+cram', `${usual} CRAM-MD5`],
    ['CRAM', 'CRAM-MD5'],
    ['!', `${usual} !`],
    ['!cram', 'CRAM-MD5 !'],
    ['!+cram+oauth', `${usual} CRAM-MD5 ${tokens} !`],
    ['cram+oauth', `CRAM-MD5 ${tokens}`],
    ['+constructor', usual],
    ['-', ''],
    ['0', '']
  ] as const)
    assert.equal(of({ SMTPAUTH: word }), means, word)
  assert.equal(of({}), '')
  assert.equal(of({ SMTPAUTH: '' }, false), '')
  assert.equal(of({ SUBMISSION: '' }), `${usual} !`)
  assert.equal(of({ SUBMISSION: '', SMTPAUTH: '-' }), ' !')
  for (const port of ['587', '465']) {
    assert.equal(of({ TCPLOCALPORT: port }), `${usual} !`)
    assert.equal(of({ TCPLOCALPORT: port, SMTPAUTH: '-' }), '')
    assert.equal(of({ TCPLOCALPORT: port }, false), '')
  }
})

test('responses are read as the RFCs have them, and nothing else is', () => {
  assert.deepEqual(plainClaim('\0joe\0p w'), { user: 'joe', secret: 'p w' })
  assert.deepEqual(plainClaim('joe\0joe\0pw'), { user: 'joe', secret: 'pw' })
  assert.equal(plainClaim('ann\0joe\0pw'), 'refused')
  for (const bad of ['', 'joe', 'joe\0pw', '\0joe\0', '\0\0pw', '\0joe\0pw\0', 'ann\0joe\0']) assert.equal(plainClaim(bad), 'malformed', JSON.stringify(bad))
  const digest = '0123456789abcdef0123456789ABCDEF'
  assert.deepEqual(cramClaim(`joe x ${digest}`), { user: 'joe x', secret: digest.toLowerCase() })
  for (const bad of ['', 'joe', ` ${digest}`, `joe ${digest}0`, `joe ${digest.slice(1)}g`, `j\0 ${digest}`]) assert.equal(cramClaim(bad), 'malformed', bad)
  assert.deepEqual(bearerClaim('n,a=j=2Ce=3D,\x01host=x\x01port=587\x01auth=Bearer ab.c==\x01\x01'), { user: 'j,e=', secret: 'ab.c==' })
  assert.deepEqual(bearerClaim('n,,\x01auth=bearer t\x01\x01'), { user: '', secret: 't' })
  for (const bad of ['', 'n,,\x01\x01', 'n,,\x01auth=Bearer t\x01', 'p,,\x01auth=Bearer t\x01\x01', 'n,,\x01auth=Basic t\x01\x01', 'n,,auth=Bearer t\x01\x01'])
    assert.equal(bearerClaim(bad), 'malformed', JSON.stringify(bad))
  assert.deepEqual(xoauth2Claim('user=joe@x\x01auth=Bearer t\x01\x01'), { user: 'joe@x', secret: 't' })
  assert.equal(xoauth2Claim('user=joe@x\x01auth=Bearer \x01\x01'), 'malformed')
  for (const bad of ['x', '=', 'ab=c', 'YQ', 'Y Q=', 'YQ==\n', '_-==']) assert.equal(fromBase64(bad), undefined, bad)
  assert.equal(fromBase64(''), '')
})

test('the order of refusals: off, already, in a transaction, without TLS, unknown', async () => {
  const off = session([], { mechanisms: [] })
  await feed(off, PLAIN)
  assert.match(off.said.join(''), /^503 auth not available/)
  const clear = session([], { isClearAllowed: false })
  await feed(clear, `EHLO c\r\nAUTH NOSUCH\r\nMAIL FROM:<a@b>\r\n${PLAIN}`)
  assert.equal(codes(clear), '250-250-250 538 250 503')
  assert.doesNotMatch(clear.said.join(''), /AUTH LOGIN/)
  const r = session([GOOD])
  await feed(r, `AUTH NOSUCH\r\nAUTH\r\nAUTH PLAIN a b\r\n${PLAIN}AUTH NOSUCH\r\nRSET\r\n${PLAIN}`)
  assert.equal(codes(r), '504 504 501 235 503 250 503')
})

test('an exchange ends with *, with what is no base64, and with a line too long, of which nothing becomes a command', async () => {
  const r = session()
  await feed(
    r,
    'AUTH LOGIN\r\n*\r\nAUTH LOGIN\r\nx\r\nAUTH LOGIN\r\n',
    base64('joe'),
    '\r',
    '\n*\r\nAUTH PLAIN\r\n',
    'A'.repeat(12_288),
    'A',
    'A\r',
    '\nNOOP\r\n'
  )
  assert.equal(codes(r), '334 501 334 501 334 334 501 334 500 250')
  await feed(r, `AUTH PLAIN ${'A'.repeat(12_292)}\r\nAUTH PLAIN\r\n${'A'.repeat(12_288)}\r\nAUTH PLAIN =\r\nAUTH LOGIN =\r\n\r\n`)
  assert.equal(codes(r).split(' ').slice(10).join(' '), '500 334 501 501 334 501')
  assert.deepEqual(r.asked, [])
  await feed(r, 'AUTH PLAIN\r\n', ...Array<string>(80).fill('A'.repeat(1000)))
  assert.equal(r.session.exit, 1)
})

test('CRAM-MD5 takes no initial response, and its challenge is asked about', async () => {
  const r = session([GOOD])
  const digest = '0'.repeat(32)
  await feed(r, `AUTH CRAM-MD5 ${base64(`joe ${digest}`)}\r\nAUTH CRAM-MD5\r\n${base64(`joe ${digest}`)}\r\n`)
  assert.equal(codes(r), '501 334 235')
  assert.deepEqual(r.asked, [`cram-md5|joe|${digest}|<1@x>`])
})

test('a refused token is explained before the refusal; what the client says then does not count', async () => {
  const r = session()
  await feed(
    r,
    `AUTH OAUTHBEARER ${base64('n,,\x01auth=Bearer t\x01\x01')}\r\nAQ==\r\nAUTH XOAUTH2 ${base64('user=j\x01auth=Bearer t\x01\x01')}\r\n\r\nNOOP\r\n`
  )
  assert.equal(codes(r), '334 535 334 535 250')
  assert.equal(Buffer.from(/334 (\S+)/.exec(r.said.join(''))?.[1] ?? '', 'base64').toString(), '{"status":"invalid_token","schemes":"bearer","scope":""}')
})

test('a checker may ask for more', async () => {
  const r = session([{ kind: 'more', challenge: 'code?' }, GOOD])
  await feed(r, `${PLAIN}${base64('1234')}\r\n`)
  assert.equal(r.said.join(''), `334 ${base64('code?')}\r\n235 ok, go ahead (#2.0.0)\r\n`)
  assert.deepEqual(r.asked, ['plain|joe|pw|', 'plain|joe|1234|code?'])
})

test('failures are counted over the session, acting for another among them, and end it; trouble is none', async () => {
  const r = session([{ kind: 'refused' }, { kind: 'temporary' }, { kind: 'refused' }])
  await feed(r, `${PLAIN}${PLAIN}AUTH PLAIN ${base64('ann\0joe\0pw')}\r\nEHLO x\r\n${PLAIN}NOOP\r\n`)
  assert.equal(codes(r).replaceAll('250-', ''), '535 454 535 250 421')
  assert.deepEqual(r.log, ['auth-failed plain joe', 'auth-temporary plain joe', 'auth-failed plain joe', 'auth-failed plain joe'])
  assert.equal(r.session.exit, 1)
})

test('enhanced codes are those of RFC 4954', async () => {
  const r = session([{ kind: 'refused' }, { kind: 'temporary' }, GOOD], { isSubmission: true }, ['PIPELINING', 'ENHANCEDSTATUSCODES'])
  await feed(
    r,
    `EHLO c\r\nMAIL FROM:<>\r\n${PLAIN}${PLAIN}${PLAIN}MAIL FROM:<ann@a>\r\nMAIL FROM:<joe@a> AUTH=joe+2Ba AUTH=<>\r\nMAIL FROM:<joe@a> AUTH=j+x\r\nMAIL FROM:<joe@a> AUTH=<>\r\n`
  )
  const lines = r.said.join('').split('\r\n').slice(4, -1)
  assert.deepEqual(
    lines.map((line) => line.slice(0, 9)),
    ['530 5.7.0', '535 5.7.8', '454 4.7.0', '235 2.0.0', '553 5.7.1', '501 5.5.4', '501 5.5.4', '250 2.1.0']
  )
})

test('a client that goes away while its password is looked at is told nothing', async () => {
  const { promise, resolve } = Promise.withResolvers<AuthAnswer>()
  const r = session([], { check: () => promise })
  const fed = r.session.feed(Buffer.from(PLAIN))
  await r.session.hangUp()
  resolve(GOOD)
  await fed
  assert.deepEqual([r.said, r.session.state.user], [[], undefined])
})

test('a verified certificate is a user by itself where UCSPITLS is @, and nowhere else', () => {
  const env = { UCSPITLS: '@', SSL_PROTOCOL: 'TLSv1.3', SSL_CLIENT_VERIFY: 'SUCCESS', SSL_CLIENT_S_DN_CN: 'joe', TCPREMOTEIP: '192.0.2.1' }
  const of = (over: Record<string, string>) => authenticationFor({ ...env, ...over }, undefined, base(), () => false)
  const auth = of({})
  assert.deepEqual(auth?.certified, { name: 'joe', method: 'external', senders: [] })
  for (const over of [{ UCSPITLS: '?' }, { SSL_CLIENT_VERIFY: 'NONE' }, { SSL_CLIENT_S_DN_CN: '' }]) assert.equal(of(over), undefined)
  const own: Record<string, string> = { ...env }
  const r = rig({ auth: authenticationFor(own, undefined, base(), () => false) })
  assert.equal(r.session.state.user?.name, 'joe')
  assert.deepEqual([own.RELAYCLIENT, own.TCPREMOTEINFO, own.SMTPAUTHMETHOD], ['', 'joe', 'external'])
  r.session.options.auth?.become(undefined)
  assert.deepEqual(own, env)
})
