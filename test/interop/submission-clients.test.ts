import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import nodemailer from 'nodemailer'
import { withoutAccount } from '../helpers/account.ts'
import { layChecker, smtpdWith, startAuthd } from '../helpers/auth.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { makeHome } from '../helpers/home.ts'
import { startOurs } from '../helpers/round-trip.ts'
import { startSmtpd, until } from '../helpers/suite.ts'
import { output } from '../helpers/tls.ts'
import { PATIENT } from '../helpers/wait.ts'

// Programs that people send mail with, to port 587 (STARTTLS, then a password) and to port 465 (TLS from the beginning).

const needs = (tool: string) => ({ ...PATIENT, skip: spawnSync('which', [tool]).status === 0 ? false : `${tool} is not installed` })

const home = makeHome()
const box = await startOurs(home, [])
await startAuthd(home, layChecker(home, ['@ours.example', 'joe@ours.example']))
const CLIENT = selfSigned(['joe.example'], '-subj', '/CN=joe/emailAddress=joe@client.example')
home.control('tlsclients', 'joe@client.example\n')
home.control('clientca.pem', new X509Certificate(CLIENT).toString())
writeFileSync(home.at('anchor.pem'), new X509Certificate(readFileSync(home.at('control', 'servercert.pem'))).toString())
const VARIABLES = { SUBMISSION: '', SMTPAUTH: '!+cram+oauth', TCPREMOTEIP: '192.0.2.1' }
const PORTS = {
  submission: (await smtpdWith(home, VARIABLES, ['-w', '1'])).port,
  submissions: (await smtpdWith(home, { ...VARIABLES, SMTPS: '1' }, ['-w', '1'])).port,
  'submission, a process each': (await smtpdWith(home, VARIABLES)).port,
  'submissions, a process each': (await smtpdWith(home, { ...VARIABLES, SMTPS: '1' })).port
}
const fromStart = (service: string): boolean => service.startsWith('submissions')

let count = 0
/** Has a client send a message whose subject is a word of its own; the message as it arrives. */
const sent = async (send: (subject: string) => Promise<unknown>): Promise<string> => {
  const subject = `mail${++count}`
  await send(subject)
  return until(`the message ${subject}`, () => box().find((text) => text.includes(`Subject: ${subject}\n`)))
}
/** Runs a client, which must succeed. */
const run = async (program: string, args: string[], input = ''): Promise<void> => {
  const { text, code } = await output(program, args, input)
  assert.equal(code, 0, `${program} ${args.join(' ')}\n${text}`)
}
const ESMTPSA = /\(joe@192\.0\.2\.1\)\n {2}by 0 with ESMTPSA \([\w-]+ encrypted, authenticated\); /

const transportTo = (service: keyof typeof PORTS, more: Record<string, unknown> = { auth: { user: 'joe', pass: 'secret' } }) =>
  nodemailer.createTransport({
    host: '127.0.0.1',
    port: PORTS[service],
    secure: fromStart(service),
    requireTLS: true,
    tls: { rejectUnauthorized: false },
    ...more
  })

for (const service of Object.keys(PORTS) as (keyof typeof PORTS)[]) {
  test(`nodemailer, ${service}: by each kind of password`, PATIENT, async () => {
    for (const more of [
      { auth: { user: 'joe', pass: 'secret' } },
      { auth: { user: 'joe', pass: 'secret' }, authMethod: 'LOGIN' },
      { auth: { user: 'joe', pass: 'secret' }, authMethod: 'CRAM-MD5' },
      { auth: { type: 'OAuth2', user: 'joe', accessToken: 't0ken' } }
    ]) {
      const text = await sent((subject) =>
        transportTo(service, more).sendMail({ from: 'joe@ours.example', to: 'joe-n@ours.example', subject, text: 'one\n.\n..two\n' })
      )
      assert.match(text, ESMTPSA)
      assert.match(text, /\n\none\n\.\n\.\.two\n$/)
    }
  })
}

test('nodemailer sends by SMTPUTF8', PATIENT, async () => {
  const text = await sent((subject) =>
    transportTo('submissions').sendMail({ from: 'joe@ours.example', to: 'joe-жанна@ours.example', subject, text: 'Grüße\n' })
  )
  assert.match(text, /\n {2}by 0 with UTF8SMTPSA \(TLS_\w+ encrypted, authenticated\); /)
  assert.ok(text.includes(Buffer.from('\nDelivered-To: joe-жанна@ours.example\n').toString('latin1')), text)
})

test('nodemailer asks for a report, and gets it', PATIENT, async () => {
  const dsn = { id: 'from node+1', return: 'headers' as const, notify: ['success', 'failure'], recipient: 'first@old.example' }
  await transportTo('submission').sendMail({ from: 'joe@ours.example', to: 'joe-dsn@ours.example', subject: 'asked', text: 'x', dsn })
  const report = await until('the report', () => box().find((one) => one.includes('\nSubject: delivery notice\n')))
  assert.match(report, /\nOriginal-Envelope-Id: from node\+1\n/)
  assert.match(report, /\nOriginal-Recipient: rfc822; ?first@old\.example\nFinal-Recipient: rfc822; joe-dsn@ours\.example\nAction: delivered\n/)
})

const swaks = (port: number, subject: string, ...args: string[]): Promise<void> =>
  run('swaks', [
    '--server',
    '127.0.0.1',
    '--port',
    String(port),
    '--from',
    'joe@ours.example',
    '--to',
    'joe-s@ours.example',
    '--header',
    `Subject: ${subject}`,
    ...args
  ])
const SECRET = ['--auth-user', 'joe', '--auth-password', 'secret']
const LOGIN = ['--auth', 'PLAIN', ...SECRET]
const cipher = 'ECDHE-ECDSA-CHACHA20-POLY1305'

// every way that swaks has to TLS and to a password, on the port it is for
for (const [port, args] of [
  [PORTS.submission, ['--tls', ...LOGIN]],
  [PORTS.submission, ['--tls-optional', ...LOGIN]],
  [PORTS.submission, ['--tls-optional-strict', ...LOGIN]],
  [PORTS.submission, ['--tls', '--tls-protocol', 'tlsv1_2', ...LOGIN]],
  [PORTS.submission, ['--tls', '--tls-protocol', 'tlsv1_3', ...LOGIN]],
  [PORTS.submission, ['--tls', '--tls-protocol', 'tlsv1_2', '--tls-cipher', cipher, ...LOGIN]],
  [PORTS.submission, ['--tls', '--tls-verify', '--tls-ca-path', home.at('anchor.pem'), '--tls-sni', 'mail.example.org', ...LOGIN]],
  [PORTS.submission, ['--tls', '--auth', 'LOGIN', ...SECRET]],
  [PORTS.submission, ['--tls', '--auth', 'CRAM-MD5', ...SECRET]],
  [PORTS.submission, ['--tls', '--auth', ...SECRET]],
  [PORTS.submission, ['--tls', '--auth', 'NTLM,CRAM-MD5,PLAIN', ...SECRET]],
  [PORTS.submission, ['--tls', '--auth-optional', 'LOGIN', ...SECRET]],
  [PORTS.submission, ['--tls', '--auth-optional-strict', 'PLAIN', ...SECRET]],
  [PORTS.submissions, ['--tls-on-connect', ...LOGIN]],
  [PORTS.submissions, ['--tls-on-connect', '--auth', 'LOGIN', ...SECRET]],
  [PORTS.submissions, ['--tls-on-connect', '--auth', 'CRAM-MD5', ...SECRET]],
  [PORTS['submission, a process each'], ['--tls', ...LOGIN]],
  [PORTS['submissions, a process each'], ['--tls-on-connect', ...LOGIN]]
] as const) {
  const shown = args.filter((arg) => !arg.startsWith('/') && !(SECRET as readonly string[]).includes(arg)).join(' ')
  test(`swaks ${shown}${port === PORTS.submission || port === PORTS.submissions ? '' : ', a process each'}`, needs('swaks'), async () => {
    const text = await sent((subject) => swaks(port, subject, ...args))
    assert.match(text, ESMTPSA)
    if (args.includes('--tls-cipher' as never)) assert.match(text, /with ESMTPSA \(ECDHE-ECDSA-CHACHA20-POLY1305 /)
  })
}

test('swaks --tls-cert: a known certificate lets its owner send anywhere, a strange one does not', needs('swaks'), async () => {
  const certificates = { known: CLIENT, strange: selfSigned(['eve.example'], '-subj', '/CN=eve/emailAddress=eve@client.example') }
  const { port } = await startSmtpd(home, ['-w', '1'])
  for (const [name, pem] of Object.entries(certificates)) {
    const file = home.at(`${name}.pem`)
    writeFileSync(file, pem)
    const args = ['--server', '127.0.0.1', '--port', String(port), '--from', 'joe@ours.example', '--to', 'x@far.example', '--quit-after', 'RCPT']
    const { text, code } = await output('swaks', [...args, '--tls', '--tls-cert', file, '--tls-key', file])
    assert.equal(code === 0, name === 'known', text)
    assert.match(text, name === 'known' ? /^<~ {2}250 /m : /^<~\* 553 [^\n]*no valid cert for gatewaying/m)
  }
})

for (const method of ['plain', 'login', 'cram-md5', 'oauthbearer', 'xoauth2']) {
  test(`msmtp, on both ports: ${method}`, needs('msmtp'), async () => {
    for (const service of ['submission', 'submissions'] as const) {
      const secret = /oauth/.test(method) ? 't0ken' : 'secret'
      const tls = ['--tls=on', '--tls-certcheck=off', `--tls-starttls=${fromStart(service) ? 'off' : 'on'}`]
      const args = ['--host=127.0.0.1', `--port=${PORTS[service]}`, ...tls, `--auth=${method}`, '--user=joe', `--passwordeval=echo ${secret}`]
      const text = await sent((subject) =>
        run('msmtp', [...args, '--from=joe@ours.example', '--dsn-notify=failure', '--dsn-return=headers', 'joe-m@ours.example'], `Subject: ${subject}\n\nx\n`)
      )
      assert.match(text, ESMTPSA)
    }
  })
}

for (const method of ['plain', 'login', 'cram-md5']) {
  test(`s-nail, on both ports: ${method}`, { ...needs('s-nail'), skip: withoutAccount || needs('s-nail').skip }, async () => {
    for (const service of ['submission', 'submissions'] as const) {
      const tls = fromStart(service) ? `mta=smtps://joe:secret@127.0.0.1:${PORTS[service]}` : `mta=smtp://joe:secret@127.0.0.1:${PORTS[service]}`
      const variables = [
        'v15-compat',
        tls,
        ...(fromStart(service) ? [] : ['smtp-use-starttls']),
        'tls-verify=ignore',
        `smtp-auth=${method}`,
        'sendwait',
        'from=joe@ours.example'
      ]
      const options = variables.flatMap((variable) => ['-S', variable])
      assert.match(await sent((subject) => run('s-nail', ['-:/', ...options, '-s', subject, 'joe-s@ours.example'], 'x\n')), ESMTPSA)
    }
  })
}

test('curl, on both ports: a password, and a token', needs('curl'), async () => {
  for (const [url, more] of [
    [`smtp://127.0.0.1:${PORTS.submission}`, ['--user', 'joe:secret']],
    [`smtps://127.0.0.1:${PORTS.submissions}`, ['--user', 'joe:secret']],
    [`smtps://127.0.0.1:${PORTS.submissions}`, ['--user', 'joe:secret', '--login-options', 'AUTH=CRAM-MD5']],
    [`smtp://127.0.0.1:${PORTS.submission}`, ['--user', 'joe', '--oauth2-bearer', 't0ken']],
    [`smtps://127.0.0.1:${PORTS.submissions}`, ['--user', 'joe', '--oauth2-bearer', 't0ken', '--login-options', 'AUTH=XOAUTH2']]
  ] as const) {
    const args = ['-sSk', '--ssl-reqd', '--url', `${url}/x`, '--mail-from', 'joe@ours.example', '--mail-rcpt', 'joe-c@ours.example', '-T', '-']
    assert.match(await sent((subject) => run('curl', [...args, ...more], `Subject: ${subject}\r\n\r\nx\r\n`)), ESMTPSA, more.join(' '))
  }
})

const PYTHON = `
import smtplib, ssl, sys
context = ssl._create_unverified_context()
for port, is_tls in ((int(sys.argv[1]), False), (int(sys.argv[2]), True)):
    s = smtplib.SMTP_SSL('127.0.0.1', port, context=context) if is_tls else smtplib.SMTP('127.0.0.1', port)
    if not is_tls: s.starttls(context=context)
    s.login('joe', 'secret')
    assert s.sendmail('joe@ours.example', ['joe-жанна@ours.example'], ('Subject: %s%d\\r\\n\\r\\nx\\r\\n' % (sys.argv[3], is_tls)).encode(),
        mail_options=['SMTPUTF8', 'BODY=8BITMIME', 'RET=HDRS', 'ENVID=py'], rcpt_options=['NOTIFY=FAILURE', 'ORCPT=utf-8;joe-\\\\x{436}@ours.example']) == {}
    s.quit()
`
test("Python's smtplib, on both ports, by SMTPUTF8 and with what it wants to hear", needs('python3'), async () => {
  const subject = `python${++count}-`
  await run('python3', ['-c', PYTHON, String(PORTS.submission), String(PORTS.submissions), subject])
  for (const n of [0, 1]) {
    const text = await until('it', () => box().find((one) => one.includes(`Subject: ${subject}${n}\n`)))
    assert.match(text, /\n {2}by 0 with UTF8SMTPSA \(TLS_\w+ encrypted, authenticated\); /)
  }
})
