import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { suiteUser } from '../../src/os/ids.ts'
import { withoutAccount } from '../helpers/account.ts'
import { layChecker, queued, smtpdWith, startAuthd } from '../helpers/auth.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { client } from '../helpers/dialogue.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { startQueued, until } from '../helpers/suite.ts'
import { PATIENCE_SECONDS } from '../helpers/wait.ts'

const run = promisify(execFile)
const path = `${process.env.PATH}:/usr/sbin`
const missing = (tool: string): string | false => (spawnSync('which', [tool], { env: { PATH: path } }).status === 0 ? false : `${tool} is not installed`)

const home = makeHome()
const certificate = home.at('control', 'servercert.pem')
writeFileSync(certificate, selfSigned(['mx.example']))
chmodSync(certificate, 0o400)
if (isRoot) chownSync(certificate, suiteUser(home.path, 'qmailt').uid, suiteUser(home.path, 'qmailt').gid)
await startQueued(home)
await startAuthd(home, layChecker(home, ['@here.example']))
home.control('rcpthosts', 'here.example\n')

// Seen from far away, so that nobody logs in without TLS; in clear from here.
const { port: secure } = await smtpdWith(home, { SUBMISSION: '', SMTPAUTH: '!+cram', TCPREMOTEIP: '192.0.2.1' }, ['-w', '1'])
const { port: clear } = await smtpdWith(home, { SUBMISSION: '', SMTPAUTH: '!+cram' })
const offersTls = async (): Promise<boolean> => {
  const c = client(secure)
  c.say('EHLO x\r\nQUIT\r\n')
  return (await c.closed()).includes('STARTTLS')
}
for (const end = Date.now() + PATIENCE_SECONDS * 1000; !(await offersTls()); await delay(20)) assert.ok(Date.now() < end, 'STARTTLS is never offered')

let count = 0
/** Has a client send a message whose subject is a word of its own; the message in the queue. */
const sent = async (send: (subject: string) => Promise<unknown>): Promise<string> => {
  const subject = `mail${++count}`
  await send(subject)
  return until(`the message ${subject}`, () => queued(home).find((text) => text.includes(`Subject: ${subject}\n`)))
}
const ESMTPSA = /\(joe@192\.0\.2\.1\)\n {2}by 0 with ESMTPSA \(TLS_\w+ encrypted, authenticated\); /
const ESMTPA = /\(joe@127\.0\.0\.1\)\n {2}by 0 with ESMTPA; /

const swaks = (port: number, args: string[], password = 'secret') =>
  run(
    'swaks',
    [
      '--server',
      '127.0.0.1',
      '--port',
      String(port),
      '--helo',
      'x',
      '--from',
      'joe@here.example',
      '--to',
      'u@far.example',
      '--auth-user',
      'joe',
      '--auth-password',
      password,
      ...args
    ],
    {
      env: { PATH: path }
    }
  )
const swaksTls =
  missing('swaks') ||
  (/TLS supported/.test(spawnSync('swaks', ['--support'], { encoding: 'latin1', env: { PATH: path } }).stdout) ? false : 'swaks has no TLS here')
for (const method of ['PLAIN', 'LOGIN', 'CRAM-MD5']) {
  test(`swaks --auth ${method}, with --tls and without`, { skip: swaksTls }, async () => {
    assert.match(await sent((subject) => swaks(secure, ['--tls', '--auth', method, '--header', `Subject: ${subject}`])), ESMTPSA)
    assert.match(await sent((subject) => swaks(clear, ['--auth', method, '--header', `Subject: ${subject}`])), ESMTPA)
  })
}

test('swaks is told when its password is wrong, or AUTH is not to be had without TLS', { skip: missing('swaks') }, async () => {
  const said = (words: RegExp) => (error: { stdout: string; stderr: string }) => words.test(error.stdout + error.stderr)
  await assert.rejects(swaks(clear, ['--auth', 'PLAIN'], 'wrong'), said(/535 authentication failed \(#5\.7\.1\)/))
  await assert.rejects(swaks(secure, ['--auth', 'PLAIN']), said(/Host did not advertise authentication/))
})

test('curl sends with TLS and a password', { skip: missing('curl') }, async () => {
  const mail = home.at('curl.eml')
  const text = await sent((subject) => {
    writeFileSync(mail, `From: joe@here.example\r\nSubject: ${subject}\r\n\r\nx\r\n`)
    return run('curl', [
      '-sSk',
      '--ssl-reqd',
      `smtp://127.0.0.1:${secure}/x`,
      '-u',
      'joe:secret',
      '--mail-from',
      'joe@here.example',
      '--mail-rcpt',
      'u@far.example',
      '-T',
      mail
    ])
  })
  assert.match(text, ESMTPSA)
  assert.match(text, /\nMessage-ID: <[^>]+@mail\.example\.org>\nFrom: joe@here\.example\n/)
})

test("Python's smtplib logs in by each of its methods", { skip: missing('python3') }, async () => {
  const script = `
import smtplib, ssl, sys
for port, tls in ((int(sys.argv[1]), True), (int(sys.argv[2]), False)):
    for method in ('PLAIN', 'LOGIN', 'CRAM-MD5'):
        s = smtplib.SMTP('127.0.0.1', port)
        if tls: s.starttls(context=ssl._create_unverified_context())
        s.ehlo(); s.user, s.password = 'joe', 'secret'
        s.auth(method, getattr(s, 'auth_' + method.lower().replace('-', '_')))
        s.sendmail('joe@here.example', ['u@far.example'], 'Subject: ' + sys.argv[3] + '\\n\\nx\\n')
        s.quit()
s = smtplib.SMTP('127.0.0.1', int(sys.argv[2]))
try: s.login('joe', 'wrong')
except smtplib.SMTPAuthenticationError as e: assert e.smtp_code in (535, 421), e
else: raise SystemExit('a wrong password was right')
`
  const text = await sent((subject) => run('python3', ['-c', script, String(secure), String(clear), subject]))
  assert.match(text, /with ESMTPS?A/)
})

/** Runs a program with this on its standard input; rejects with what it said when it fails. */
const fed = async (program: string, args: string[], input: string): Promise<void> => {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], env: { PATH: path, HOME: home.at('lib') } })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  assert.equal(code, 0, said)
}

test('msmtp sends with TLS and a password, by each of its methods', { skip: missing('msmtp') }, async () => {
  for (const method of ['plain', 'login', 'cram-md5']) {
    const args = [
      '--host=127.0.0.1',
      `--port=${secure}`,
      '--tls=on',
      '--tls-certcheck=off',
      `--auth=${method}`,
      '--user=joe',
      '--passwordeval=echo secret',
      '--from=joe@here.example'
    ]
    assert.match(await sent((subject) => fed('msmtp', [...args, 'u@far.example'], `Subject: ${subject}\n\nx\n`)), ESMTPSA, method)
  }
})

test('s-nail sends with TLS and a password', { skip: withoutAccount || missing('s-nail') }, async () => {
  const variables = [
    'v15-compat',
    `mta=smtp://joe:secret@127.0.0.1:${secure}`,
    'smtp-use-starttls',
    'tls-verify=ignore',
    'smtp-auth=plain',
    'sendwait',
    'from=joe@here.example'
  ]
  const options = variables.flatMap((variable) => ['-S', variable])
  assert.match(await sent((subject) => fed('s-nail', ['-:/', ...options, '-s', subject, 'u@far.example'], 'x\n')), ESMTPSA)
})
