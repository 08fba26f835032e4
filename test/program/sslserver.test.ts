import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { selfSigned } from '../helpers/certificate.ts'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { startDaemon, startListening, startQueued, startSmtpd, until } from '../helpers/suite.ts'
import { layCertificate, throughOpenssl } from '../helpers/tls.ts'
import { PATIENT } from '../helpers/wait.ts'

const home = makeHome()
layCertificate(home, selfSigned(['mx.example']))
await startQueued(home)
home.control('smtpdlog', 'session\n')
/** The message with this subject, once it is in the queue. */
const queued = (subject: string): Promise<string> =>
  until(`${subject} in the queue`, () =>
    readdirSync(home.at('queue', 'todo'))
      .map((id) => readFileSync(home.at('queue', 'mess', String(Number(id) % 23), id), 'latin1'))
      .find((text) => text.includes(`Subject: ${subject}\n`))
  )
const MAIL = (subject: string): string[] => ['EHLO openssl\n', 'MAIL FROM:<a@b>\n', 'RCPT TO:<c@d>\n', 'DATA\n', `Subject: ${subject}\n\nx\n.\n`, 'QUIT\n']

test('a qmail-smtpd of its own process turns to TLS, and refuses what comes behind STARTTLS', PATIENT, async () => {
  const { port, daemon } = await startSmtpd(home)
  assert.match(await throughOpenssl(port, ['-starttls', 'smtp'], MAIL('first gear')), /250 ok \d+ qp \d+\r\n221 /)
  assert.match(await queued('first gear'), /\(HELO openssl\) \(127\.0\.0\.1\)\n {2}by 0 with ESMTPS \(TLS_\w+ encrypted\); /)
  await until('the log', () => /session .* proto=ESMTPS tls=TLSv1\.3 cipher=TLS_\w+ .* end=quit\n/.test(daemon.log()))
  const pid = /session pid=(\d+) .* proto=ESMTPS/.exec(daemon.log())?.[1]
  assert.match(daemon.log(), new RegExp(`tcpserver: tls ${pid} id \\d+\n`))
  const c = client(port)
  await c.until(/^220 /)
  c.say('EHLO x\r\nSTARTTLS\r\nMAIL FROM:<injected@example>\r\n')
  assert.match(await c.closed(), /250-STARTTLS\r\n[\s\S]*\r\n503 pipelining after STARTTLS \(#5\.5\.0\)\r\n$/)
  await until('all to end', () => /status: 0\/40\n$/.test(daemon.log()))
})

for (const [gear, options] of [
  ['resident', ['-w', '1']],
  ['of its own process', []]
] as const) {
  test(`$SMTPS: a qmail-smtpd ${gear} is spoken to in TLS at once`, PATIENT, async () => {
    const { port, daemon } = await startSmtpd(home, [...options], { SMTPS: '1' })
    assert.match(await throughOpenssl(port, [], MAIL(`at once, ${gear}`)), /^220 [^\r]*\r\n250-[\s\S]*250 ok \d+ qp \d+\r\n221 /)
    assert.match(await queued(`at once, ${gear}`), / with ESMTPS \(TLS_\w+ encrypted\); /)
    const c = client(port)
    c.say('EHLO x\r\n')
    assert.doesNotMatch(await c.closed(), /250/)
    await until('all to end', () => /status: 0\/40\n$/.test(daemon.log()))
  })
}

test('sslserver: any program is spoken to in TLS, and finds its variables', PATIENT, async () => {
  const { port } = await startListening((log) =>
    startDaemon(
      home,
      'sslserver',
      ['-1vRHl0', '127.0.0.1', '0', '/bin/sh', '-c', 'echo "+OK $PROTO $SSL_PROTOCOL $SSL_TLS_SNI"; read -r line; echo "+OK $line"'],
      log
    )
  )
  const said = await throughOpenssl(port, ['-servername', 'mx.example'], ['hello\n'])
  assert.equal(said, '+OK TCP TLSv1.3 mx.example\n+OK hello\r\n')
})

/** Its checker lets everybody in, and says what it was told. */
const CHECKER = ['/bin/sh', '-c', 'printf +; tr "\\0" "|" <&3; echo; read -r line; echo "+OK $SSL_PROTOCOL $line"']

test('qmail-popup turns to TLS by STLS, and its subprogram speaks inside', PATIENT, async () => {
  const { port } = await startListening((log) =>
    startDaemon(home, 'tcpserver', ['-1nvRHl0', '127.0.0.1', '0', home.at('bin', 'qmail-popup'), 'pop.example', ...CHECKER], log)
  )
  const c = client(port)
  await c.until(/^\+OK </)
  c.say('CAPA\r\n')
  await c.until(/\+OK \r\nUSER\r\nSTLS\r\n\.\r\n$/)
  c.say('STLS now\r\n')
  await c.until(/-ERR syntax error\r\n$/)
  c.say('QUIT\r\n')
  const said = await throughOpenssl(port, ['-starttls', 'pop3'], ['CAPA\n', 'USER joe\n', 'PASS secret\n', 'LIST\n'])
  assert.match(said, /^(\+OK[^\r]*\r\n)?\+OK \r\nUSER\r\n\.\r\n\+OK \r\n\+joe\|secret\|<[^>]*>\|\n\+OK TLSv1\.3 LIST\r\n$/)
})

test('POP3TLS=!: nobody logs in in clear', PATIENT, async () => {
  const { port } = await startListening((log) =>
    startDaemon(home, 'tcpserver', ['-1nvRHl0', '127.0.0.1', '0', home.at('bin', 'qmail-popup'), 'pop.example', ...CHECKER], log, { POP3TLS: '!' })
  )
  const c = client(port)
  await c.until(/^\+OK </)
  c.say('CAPA\r\nUSER joe\r\nAPOP joe digest\r\nQUIT\r\n')
  assert.match(await c.closed(), /\+OK \r\nSTLS\r\n\.\r\n(-ERR \[SYS\/PERM\] TLS first\r\n){2}\+OK \r\n$/)
  assert.match(await throughOpenssl(port, ['-starttls', 'pop3'], ['USER joe\n', 'PASS secret\n', 'LIST\n']), /\+OK TLSv1\.3 LIST/)
})
