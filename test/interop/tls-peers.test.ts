import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { withoutAccount } from '../helpers/account.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { freePort } from '../helpers/free-port.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { hasPostfix, startPostfix } from '../helpers/postfix.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { maildir, makeMaildir, startDaemon, startListening, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { layCertificate, output } from '../helpers/tls.ts'
import { PATIENT } from '../helpers/wait.ts'

const missing = (tool: string): string | false => (spawnSync('which', [tool]).status === 0 ? false : `${tool} is not installed`)

const home = makeHome()
layCertificate(home, selfSigned(['localhost', 'mx.example']))
home.control('locals', 'ours.example\n')
home.control('rcpthosts', 'ours.example\n')
makeMaildir(home.at('alias', 'Maildir'))
spawnSync('chown', ['-R', '--reference', home.at('alias'), home.at('alias', 'Maildir')])
writeFileSync(home.at('alias', '.qmail-default'), './Maildir/\n')
await startSuite(home)
const arrived = (subject: string): string | undefined => maildir(home.at('alias', 'Maildir')).find((text) => text.includes(`\nSubject: ${subject}\n`))

for (const [gear, options] of [
  ['resident', ['-w', '1']],
  ['of its own process', []]
] as const) {
  test(`swaks sends by STARTTLS and by TLS at once to a qmail-smtpd ${gear}`, { ...PATIENT, skip: missing('swaks') }, async () => {
    for (const [flag, env] of [
      ['--tls', {}],
      ['--tlsc', { SMTPS: '1' }]
    ] as const) {
      const { port } = await startSmtpd(home, [...options], env)
      const subject = `swaks ${flag} ${gear}`
      const args = ['--server', '127.0.0.1', '--port', String(port), '--from', 'a@b.example', '--to', 'c@ours.example', '--header', `Subject: ${subject}`, flag]
      const { text, code } = await output('swaks', args)
      assert.equal(code, 0, text)
      assert.match(await until('it to arrive', () => arrived(subject)), /\n {2}by 0 with ESMTPS \(TLS_\w+ encrypted\); /)
    }
  })
}

test('Postfix sends to us, and wants TLS for it', { ...PATIENT, skip: hasPostfix ? false : 'Postfix, or root to start it, is not here' }, async () => {
  const { port } = await startSmtpd(home, ['-w', '1'])
  const own = await freePort()
  const postfix = startPostfix(own, port, 'smtp_tls_security_level = encrypt\nsmtp_tls_loglevel = 1\n')
  await smtpSend(own, 'p@postfix.example', ['a@ours.example'], 'Subject: from-postfix\n\n.dot\n')
  const text = await until('it here', () => arrived('from-postfix') ?? /status=(bounced|deferred).*/.exec(postfix.log())?.[0])
  assert.match(text, / with ESMTPS \(TLS_\w+ encrypted\); /, postfix.log())
})

/** A message that was not written in this very second: such ones qmail-pop3d leaves for the next time. */
const layOld = (path: string, text: string): void => {
  writeFileSync(path, text)
  utimesSync(path, 1_000_000_000, 1_000_000_000)
}

/** A mailbox of one message, behind a checker that lets everybody in. */
const box = home.at('pop')
makeMaildir(box)
layOld(`${box}/new/1`, 'Subject: one\n\nfirst\n')
const UID = 64_993
const become = isRoot ? `setpriv --reuid=${UID} --regid=${UID} --clear-groups ` : ''
if (isRoot) spawnSync('chown', ['-R', `${UID}:${UID}`, box])
const checker = (folder: string): string[] => ['/bin/sh', '-c', `cat <&3 >/dev/null; exec ${become}${home.at('bin', 'qmail-pop3d')} ${folder}`]
const startPop = (program: string, options: string[], folder = box): Promise<{ port: number }> =>
  startListening((log) =>
    startDaemon(home, program, ['-1vRHl0', ...options, '127.0.0.1', '0', home.at('bin', 'qmail-popup'), 'pop.example', ...checker(folder)], log)
  )

test('curl fetches by pop3s, and by STLS', { ...PATIENT, skip: missing('curl') }, async () => {
  const pops = await startPop('sslserver', [])
  const pop = await startPop('tcpserver', ['-n'])
  const secure = await output('curl', ['-sS', '-k', '--user', 'joe:x', `pop3s://127.0.0.1:${pops.port}/1`])
  assert.match(`${secure.code} ${secure.text}`, /^0 Subject: one\r\n\r\nfirst\r\n/)
  const stls = await output('curl', ['-sS', '-k', '--ssl-reqd', '--user', 'joe:x', `pop3://127.0.0.1:${pop.port}/1`])
  assert.match(`${stls.code} ${stls.text}`, /^0 Subject: one\r\n\r\nfirst\r\n/)
})

const TRUST = `sslcertck sslcertfile ${home.at('control', 'servercert.pem')} sslcommonname "localhost"`
const FETCHED: [string, (pops: number, pop: number) => string][] = [
  ['pop3s', (pops) => `service ${pops} protocol pop3 user "joe" password "x" ssl ${TRUST}`],
  ['STLS', (_, pop) => `service ${pop} protocol pop3 user "joe" password "x" sslproto "tls1.2+" ${TRUST}`]
]
for (const [way, account] of FETCHED) {
  test(`fetchmail takes all there is by ${way}, as it was but for the empty line that qmail-pop3d ends with`, {
    ...PATIENT,
    skip: withoutAccount || missing('fetchmail')
  }, async () => {
    const letters = ['Subject: two\n\n.dot\n..\n\nlast\n', `Subject: three\n\n${'line\n'.repeat(3000)}`]
    const own = home.at(`pop-${way}`)
    makeMaildir(own)
    for (const [n, letter] of letters.entries()) layOld(`${own}/new/${n}`, letter)
    if (isRoot) spawnSync('chown', ['-R', `${UID}:${UID}`, own])
    const [pops, pop] = [await startPop('sslserver', [], own), await startPop('tcpserver', ['-n'], own)]
    const folder = home.at(`fetched-${way}`)
    mkdirSync(folder)
    writeFileSync(`${folder}/rc`, `poll 127.0.0.1 ${account(pops.port, pop.port)} mda "cat > $(mktemp ${folder}/mail.XXXXXX)"\n`, { mode: 0o600 })
    const { text, code } = await output('env', [
      '-i',
      `PATH=${process.env.PATH}`,
      `HOME=${folder}`,
      `FETCHMAILHOME=${folder}`,
      'USER=joe',
      'fetchmail',
      '-v',
      '-N',
      '--nosyslog',
      '-f',
      `${folder}/rc`
    ])
    assert.equal(code, 0, text)
    assert.match(text, /TLSv1\.3/i)
    assert.deepEqual([...readdirSync(`${own}/new`), ...readdirSync(`${own}/cur`)], [], 'what was taken is gone')
    const got = readdirSync(folder)
      .filter((name) => name.startsWith('mail.'))
      .map((name) => readFileSync(`${folder}/${name}`, 'latin1'))
    assert.deepEqual(got.map((one) => one.slice(one.indexOf('\n\n'))).sort(), letters.map((one) => `${one.slice(one.indexOf('\n\n'))}\n`).sort())
  })
}

const PYTHON = `
import poplib, ssl, sys
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
for kind, port in (('pop3s', sys.argv[1]), ('stls', sys.argv[2])):
    if kind == 'pop3s': pop = poplib.POP3_SSL('127.0.0.1', int(port), context=context)
    else:
        pop = poplib.POP3('127.0.0.1', int(port)); pop.stls(context)
    pop.user('joe'); pop.pass_('x')
    print(kind, pop.stat()[0], pop.sock.version()); pop.quit()
`
test("Python's poplib reads by pop3s, and by STLS", { ...PATIENT, skip: missing('python3') }, async () => {
  const pops = await startPop('sslserver', [])
  const pop = await startPop('tcpserver', ['-n'])
  const { text } = await output('python3', ['-c', PYTHON, String(pops.port), String(pop.port)])
  assert.equal(text, 'pop3s 1 TLSv1.3\nstls 1 TLSv1.3\n')
})
