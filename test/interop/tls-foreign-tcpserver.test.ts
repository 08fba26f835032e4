import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { suiteGroup, suiteUser } from '../../src/os/ids.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { client, offered } from '../helpers/dialogue.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { startDaemon, startListening, startQueued, until } from '../helpers/suite.ts'
import { layCertificate, throughOpenssl } from '../helpers/tls.ts'
import { PATIENT, untilClosed, untilServed } from '../helpers/wait.ts'

// The way V's and other patched qmails were run: a tcpserver that knows nothing of TLS, and control/servercert.pem.
const TCPSERVER = '/usr/bin/tcpserver'
const options = { ...PATIENT, skip: existsSync(TCPSERVER) ? false : 'needs the Debian package ucspi-tcp' }

const home = makeHome()
home.control('smtpdlog', 'session\n')
await startQueued(home)
const startForeign = (env: Record<string, string> = {}) => {
  const who = isRoot ? ['-u', String(suiteUser(home.path, 'qmaild').uid), '-g', String(suiteGroup(home.path, 'nofiles'))] : []
  return startListening((name) =>
    startDaemon(home, TCPSERVER, ['-1v', '-RHl0', ...who, '127.0.0.1', '0', home.at('bin', 'qmail-smtpd')], `foreign-${name}`, env)
  )
}
const startTlsd = async () => {
  for (const door of ['smtpd', 'remote']) rmSync(home.at('run', door, 'tls'), { force: true })
  const daemon = startDaemon(home, 'qmail-tlsd', ['-c'])
  await untilServed(home.at('run', 'smtpd', 'tls'))
  return daemon
}
const queued = (subject: string): string | undefined =>
  readdirSync(home.at('queue', 'todo'))
    .map((id) => readFileSync(home.at('queue', 'mess', String(Number(id) % 23), id), 'latin1'))
    .find((text) => text.includes(`Subject: ${subject}\n`))
const mail = (subject: string): string[] => ['EHLO openssl\n', 'MAIL FROM:<a@b>\n', 'RCPT TO:<c@d>\n', 'DATA\n', `Subject: ${subject}\n\nx\n.\n`, 'QUIT\n']

test('STARTTLS and TLS at once by qmail-tlsd -c, and a mail through each', options, async () => {
  layCertificate(home, selfSigned(['mx.example']))
  const tlsd = await startTlsd()
  const { port } = await startForeign()
  assert.match(await offered(port), /250-STARTTLS\r\n/)
  const said = await throughOpenssl(port, ['-starttls', 'smtp'], mail('foreign'))
  assert.match(said, /250 ok \d+ qp \d+\r\n221 /, tlsd.log())
  assert.doesNotMatch(said, /STARTTLS/, 'within TLS it is not offered again')
  const text = await until('the message', () => queued('foreign'))
  assert.match(text, /\(HELO openssl\) \(127\.0\.0\.1\)\n {2}by 0 with ESMTPS \(TLS_\w+ encrypted\); /)
  const atOnce = await startForeign({ SMTPS: '1' })
  assert.match(await throughOpenssl(atOnce.port, [], ['NOOP\n', ...mail('at once')]), /^220 [\s\S]*250 ok \d+ qp \d+\r\n221 /)
  assert.match(await until('the message', () => queued('at once')), / with ESMTPS /)
  assert.match(tlsd.log(), /^tls: id \d+ accept proto=TLSv1\.3 cipher=\w+ sni=\S+ cert=servercert\.pem client=- ms=\d+\n/m)
  await tlsd.stop()
})

test('what comes behind STARTTLS is refused; after the 220 only a handshake is heard', options, async () => {
  layCertificate(home, selfSigned(['mx.example']))
  const tlsd = await startTlsd()
  const { port, daemon } = await startForeign()
  const early = client(port)
  await early.until(/^220 /)
  early.say('EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@example>\r\n')
  assert.match(await early.until(/503 /), /503 pipelining after STARTTLS/)
  await until('the log to say so', () => /reason=starttls_injection/.test(daemon.log()))
  const late = client(port)
  await late.until(/^220 /)
  late.say('EHLO x\r\n')
  await late.until(/\n250 .*\r\n/)
  late.say('STARTTLS\r\n')
  await late.until(/220 ready/)
  late.say('MAIL FROM:<evil@example>\r\n')
  await until('qmail-tlsd to say so', () => /^tls: id \d+ fail reason=not_tls /m.test(tlsd.log()))
  await tlsd.stop()
})

test('a client that goes in the midst of a message leaves nothing, and qmail-tlsd serves on', options, async () => {
  layCertificate(home, selfSigned(['mx.example']))
  const tlsd = await startTlsd()
  const { port } = await startForeign({ SMTPS: '1' })
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  socket.write(mail('half').slice(0, 4).join('').replaceAll('\n', '\r\n'))
  let said = ''
  socket.on('data', (data) => {
    said += String(data)
  })
  await until('the go', () => said.includes('354 '))
  socket.write('Subject: half\r\n\r\nx')
  socket.destroy()
  assert.match(await throughOpenssl(port, [], ['NOOP\n', ...mail('whole')]), /250 ok \d+ qp \d+\r\n221 /)
  assert.ok(await until('the message', () => queued('whole')))
  assert.equal(queued('half'), undefined)
  await tlsd.stop()
})

test(
  'qmail-tlsd killed within a session: that ends, none of it in clear; the next one is not offered TLS, with one line why, and mail goes in clear',
  options,
  async () => {
    layCertificate(home, selfSigned(['mx.example']))
    const tlsd = await startTlsd()
    const { port, daemon } = await startForeign()
    const raw = connect({ port, host: '127.0.0.1' })
    let clear = ''
    const hear = (data: Buffer): void => {
      clear += String(data)
    }
    raw.on('data', hear)
    await until('a greeting', () => clear.includes('220 '))
    raw.write('EHLO x\r\n')
    await until('an offer', () => /\n250 .*\r\n/.test(clear))
    raw.write('STARTTLS\r\n')
    await until('the go', () => clear.includes('220 ready'))
    raw.off('data', hear)
    const socket = connectTls({ socket: raw, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    socket.on('error', () => {})
    socket.resume()
    const closed = untilClosed(socket)
    await tlsd.stop('SIGKILL')
    await closed
    assert.doesNotMatch(await offered(port), /STARTTLS/)
    assert.match(daemon.log(), /^qmail-smtpd: warning: STARTTLS is not offered: no TLS by qmail-tlsd: (connection refused|file does not exist)\n/m)
    const c = client(port)
    await c.until(/^220 /)
    c.say('STARTTLS\r\n')
    assert.match(await c.until(/\r\n.*\r\n/), /(454 TLS not available|502 unimplemented)/)
    c.socket.destroy()
  }
)

test('a certificate that cannot be used, and none at all', options, async () => {
  layCertificate(home, 'no certificate')
  const tlsd = await startTlsd()
  const { port, daemon } = await startForeign()
  assert.doesNotMatch(await offered(port), /STARTTLS/)
  assert.match(daemon.log(), /STARTTLS is not offered: no TLS by qmail-tlsd: there is no certificate that can be used\n/)
  const before = daemon.log().match(/STARTTLS/g)?.length
  rmSync(home.at('control', 'servercert.pem'))
  assert.doesNotMatch(await offered(port), /STARTTLS/)
  assert.equal(daemon.log().match(/STARTTLS/g)?.length, before, 'where there is none nobody misses it')
  await tlsd.stop()
})
