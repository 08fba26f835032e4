import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import { selfSigned } from '../helpers/certificate.ts'
import { client, offered } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { childrenOf } from '../helpers/proc.ts'
import { startQueued, startSmtpd, until } from '../helpers/suite.ts'
import { layCertificate, throughOpenssl } from '../helpers/tls.ts'
import { PATIENCE_SECONDS, PATIENT, untilClosed } from '../helpers/wait.ts'

const home = makeHome()
layCertificate(home, selfSigned(['mx.example']))
await startQueued(home)
const todo = (): string[] => readdirSync(home.at('queue', 'todo'))
const message = (id: string): string => readFileSync(home.at('queue', 'mess', String(Number(id) % 23), id), 'latin1')
/** The message with this subject, once it is in the queue. */
const queued = (subject: string): Promise<string> =>
  until(`${subject} in the queue`, () =>
    todo()
      .map(message)
      .find((text) => text.includes(`Subject: ${subject}\n`))
  )
home.control('smtpdlog', 'session\n')
const { port, daemon } = await startSmtpd(home, ['-w', '1'])
/** The process id of qmail-tlsd: the child of tcpserver's keeper. */
const tlsd = (): number => {
  const all = childrenOf(daemon.child.pid).flatMap(childrenOf)
  const found = all.find((pid) => readFileSync(`/proc/${pid}/comm`, 'latin1') === 'qmail-tlsd\n')
  assert.ok(found, `no qmail-tlsd among ${all}`)
  return found
}
/** Waits until TLS is offered, or is not. */
const untilOffered = async (isOffered: boolean): Promise<void> => {
  const deadline = Date.now() + PATIENCE_SECONDS * 1000
  while ((await offered(port)).includes('STARTTLS') !== isOffered) {
    assert.ok(Date.now() < deadline, daemon.log())
    await delay(20)
  }
}

test('openssl s_client delivers a mail over STARTTLS to a resident qmail-smtpd', PATIENT, async () => {
  await untilOffered(true)
  assert.match(await offered(port), /250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n/)
  const said = await throughOpenssl(
    port,
    ['-starttls', 'smtp'],
    ['EHLO openssl\n', 'MAIL FROM:<a@b>\n', 'RCPT TO:<c@d>\n', 'DATA\n', 'Subject: secret\n\nx\n.\n', 'QUIT\n']
  )
  assert.match(said, /250 ok \d+ qp \d+\r\n221 /)
  assert.doesNotMatch(said, /STARTTLS/, 'within TLS it is not offered again')
  assert.match(await queued('secret'), /\(HELO openssl\) \(127\.0\.0\.1\)\n {2}by 0 with ESMTPS \(TLS_\w+ encrypted\); /)
  await until('the session in the log', () =>
    /session .* proto=ESMTPS tls=TLSv1\.3 cipher=TLS_\w+ sni=\S* helo=openssl mailfrom=a@b accepted=1 .* end=quit\n/.test(daemon.log())
  )
})

test('what comes behind STARTTLS is refused, and nothing of it is carried out', async () => {
  const c = client(port)
  await c.until(/^220 /)
  c.say('EHLO x\r\nSTARTTLS\r\nMAIL FROM:<injected@example>\r\n')
  assert.match(await c.closed(), /\r\n503 pipelining after STARTTLS \(#5\.5\.0\)\r\n$/)
  await until('the log to say so', () => /^qmail-smtpd: pid=\d+ remoteip=127\.0\.0\.1 reason=starttls_injection\n/m.test(daemon.log()))
})

test('after the 220 only a handshake is heard: a client that goes on in clear is cut off', async () => {
  const c = client(port)
  await c.until(/^220 /)
  c.say('EHLO x\r\n')
  await c.until(/\n250 .*\r\n/)
  c.say('STARTTLS\r\n')
  await c.until(/\r\n220 ready for tls\r\n$/)
  c.say('MAIL FROM:<injected@example>\r\n')
  assert.doesNotMatch(await c.closed(), /ready for tls\r\n250/)
  await until('the log to say so', () => /^tls: id \d+ fail reason=not_tls /m.test(daemon.log()))
})

test('STARTTLS takes no parameters, and HELO, MAIL and RCPT from before it are forgotten', PATIENT, async () => {
  const c = client(port)
  await c.until(/^220 /)
  c.say('STARTTLS now\r\n')
  await c.until(/\r\n501 .*\r\n/)
  c.say('EHLO clear\r\nMAIL FROM:<clear@example>\r\nRCPT TO:<clear@example>\r\n')
  await c.until(/250 ok\r\n250 ok\r\n$/)
  c.say('STARTTLS\r\n')
  await c.until(/220 ready for tls\r\n$/)
  const tls = connect({ socket: c.socket, rejectUnauthorized: false })
  let said = ''
  tls.on('data', (data) => {
    said += String(data)
  })
  tls.write('DATA\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n')
  await until('four replies', () => /354 go ahead\r\n$/.test(said))
  tls.write('Subject: reset\r\n\r\n.\r\nSTARTTLS\r\nQUIT\r\n')
  await untilClosed(tls)
  assert.match(said, /^503 MAIL first \(#5\.5\.1\)\r\n250 ok\r\n250 ok\r\n354 go ahead\r\n250 ok [^\r]*\r\n502 unimplemented \(#5\.5\.1\)\r\n221 /)
  assert.doesNotMatch(await queued('reset'), /clear/)
})

test('FORCE_TLS: no mail in clear; DISABLETLS: no TLS', PATIENT, async () => {
  const forced = client((await startSmtpd(home, ['-w', '1'], { FORCE_TLS: '1' })).port)
  await forced.until(/^220 /)
  forced.say('EHLO x\r\nMAIL FROM:<a@b>\r\nVRFY x\r\nRSET\r\nQUIT\r\n')
  assert.match(await forced.closed(), /\r\n(530 Must issue a STARTTLS command first \(#5\.7\.0\)\r\n){2}250 flushed\r\n221 /)
  const off = client((await startSmtpd(home, ['-w', '1'], { DISABLETLS: '1' })).port)
  await off.until(/^220 /)
  off.say('EHLO x\r\nSTARTTLS\r\nQUIT\r\n')
  assert.match(await off.closed(), /250-PIPELINING\r\n250 8BITMIME\r\n502 unimplemented \(#5\.5\.1\)\r\n221 /)
})

test('a client certificate of tlsclients lets its owner relay; another hears why not', PATIENT, async () => {
  const subject = (name: string): string[] => ['-subj', `/CN=${name}/emailAddress=${name}@client.example`]
  const [joe, eve] = ['joe', 'eve'].map((name) => {
    writeFileSync(home.at(`${name}.pem`), selfSigned([`${name}.example`], ...subject(name)))
    return ['-starttls', 'smtp', '-cert', home.at(`${name}.pem`), '-key', home.at(`${name}.pem`)]
  })
  home.control('rcpthosts', 'here.example\n')
  home.control('tlsclients', 'Joe@client.example\n')
  home.control('clientca.pem', readFileSync(home.at('joe.pem'), 'latin1').replace(/-----BEGIN PRIVATE KEY[\s\S]*END PRIVATE KEY-----\n/, ''))
  const lines = ['EHLO openssl\n', 'MAIL FROM:<a@b>\n', 'RCPT TO:<x@far.example>\n', 'QUIT\n']
  const message = ['DATA\n', 'Subject: by certificate\n\n.\n']
  assert.match(await throughOpenssl(port, joe ?? [], [...lines.slice(0, 3), ...message, 'QUIT\n']), /250 ok\r\n250 ok\r\n354 go ahead\r\n250 ok [^\n]*\n221 /)
  assert.match(await queued('by certificate'), / with ESMTPS \(TLS_\w+ encrypted\)\n {2}\(cert joe@client\.example\); /)
  assert.match(
    await throughOpenssl(port, eve ?? [], [...lines.slice(0, 2), 'RCPT TO:<x@far.example>\nQUIT\n']),
    /553 sorry, [^\r]*rcpthosts \(#5\.7\.1\); no valid cert for gatewaying: [A-Z_]+\r\n221 /
  )
  assert.match(
    await throughOpenssl(port, ['-starttls', 'smtp'], [...lines.slice(0, 2), 'RCPT TO:<x@far.example>\nQUIT\n']),
    /; no valid cert for gatewaying\r\n221 /
  )
  for (const name of ['rcpthosts', 'tlsclients', 'clientca.pem']) rmSync(home.at('control', name))
})

test('qmail-tlsd killed: TLS is not offered, then it is again, and sessions in clear never notice', PATIENT, async () => {
  const clear = client(port)
  await clear.until(/^220 /)
  clear.say('EHLO x\r\n')
  await clear.until(/STARTTLS/)
  process.kill(tlsd(), 'SIGKILL')
  await until('its parent to notice', () => /qmail-tlsd ended with SIGKILL, \d+ sessions lost/.test(daemon.log()))
  clear.say('NOOP\r\n')
  await clear.until(/\r\n250 ok\r\n$/)
  const deadline = Date.now() + PATIENCE_SECONDS * 1000
  while (!/\r\n221 /.test(await throughOpenssl(port, ['-starttls', 'smtp'], ['EHLO openssl\n', 'QUIT\n']))) assert.ok(Date.now() < deadline, daemon.log())
})

test('without a certificate TLS is not offered, and 454 is the answer; the session goes on', PATIENT, async () => {
  const c = client(port)
  rmSync(home.at('control', 'servercert.pem'))
  process.kill(daemon.child.pid ?? 0, 'SIGHUP')
  await untilOffered(false)
  await c.until(/^220 /)
  c.say('STARTTLS\r\nNOOP\r\n')
  await c.until(/503 pipelining/)
  const d = client(port)
  await d.until(/^220 /)
  d.say('STARTTLS\r\n')
  await d.until(/454 TLS not available \(#4\.3\.0\)\r\n$/)
  d.say('NOOP\r\n')
  await d.until(/\r\n250 ok\r\n$/)
})
