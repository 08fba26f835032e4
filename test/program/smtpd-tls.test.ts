import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net'
import { after, test } from 'node:test'
import { type ConnectionOptions, connect, getCiphers, type TLSSocket } from 'node:tls'
import { layChecker, smtpdWith, startAuthd } from '../helpers/auth.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { startQueued, startSmtpd, until } from '../helpers/suite.ts'
import { layCertificate, throughOpenssl } from '../helpers/tls.ts'
import { PATIENT, untilClosed } from '../helpers/wait.ts'

const home = makeHome()
layCertificate(home, selfSigned(['mx.example']))
await startQueued(home)
await startAuthd(home, layChecker(home))
home.control('rcpthosts', 'here.example\n')

const PLAIN = `AUTH PLAIN ${Buffer.from('\0joe\0secret').toString('base64')}\r\n`
/** Everything a session inside TLS says, once it has ended. */
const told = async (tls: TLSSocket, text: string): Promise<string> => {
  let said = ''
  tls.on('data', (data) => {
    said += String(data)
  })
  tls.write(text)
  await untilClosed(tls)
  return said
}

/** What comes of a handshake with these options at a door, after STARTTLS or at once: version and cipher, or `refused`. */
const agreed = async (port: number, isAtOnce: boolean, options: ConnectionOptions): Promise<string> => {
  const { socket, say, until: heard } = client(port)
  if (!isAtOnce) {
    await heard(/^220 /)
    say('STARTTLS\r\n')
    await heard(/\n220 .*\r\n/)
    socket.removeAllListeners('data')
  }
  const tls = connect({ socket, rejectUnauthorized: false, ...options })
  const said = await new Promise<string>((resolve) => {
    tls.once('secureConnect', () => resolve(`${tls.getProtocol()} ${tls.getCipher().name}`))
    tls.once('error', () => resolve('refused'))
    tls.once('close', () => resolve('refused'))
  })
  socket.destroy()
  return said
}

/** A server that passes all on to this port, the first bytes of a client in one packet with these before them; its own port. */
const prefixing = async (port: number, prefix: Buffer): Promise<number> => {
  const server = createServer((near) => {
    const far = connectTcp({ port, host: '127.0.0.1' })
    near.once('data', (first: Buffer) => {
      far.write(Buffer.concat([prefix, first]))
      near.pipe(far)
    })
    far.pipe(near)
    for (const socket of [near, far]) socket.on('error', () => {})
    far.on('close', () => near.destroy())
    after(() => far.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  return (server.address() as AddressInfo).port
}

test('versions before 1.2 are refused, and of what a client of 1.2 has, ECDHE and AEAD come first (RFC 8996, 9325)', PATIENT, async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1'])
  const hello = (...args: string[]): Promise<string> => throughOpenssl(port, ['-starttls', 'smtp', ...args], ['EHLO x\n', 'QUIT\n'])
  for (const old of ['-tls1', '-tls1_1']) assert.doesNotMatch(await hello(old, '-cipher', 'ALL:@SECLEVEL=0'), /^250/m, old)
  await until('both in the log', () => daemon.log().match(/^tls: id \d+ fail reason=version /gm)?.length === 2)
  const theirs = 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256'
  assert.match(await hello('-tls1_2', '-cipher', theirs), /^250/m)
  await until('it in the log', () => /accept proto=TLSv1\.2 cipher=ECDHE-ECDSA-AES128-GCM-SHA256 /.test(daemon.log()))
  assert.match(await hello('-tls1_3'), /^250/m)
})

for (const [gear, options] of Object.entries({ first: [], second: ['-w', '1'] })) {
  test(`who logged in in clear is nobody within TLS, and may log in there (${gear} gear)`, PATIENT, async () => {
    const { port } = await smtpdWith(home, { SMTPAUTH: '', FORCETLS: '0' }, options)
    const c = client(port)
    c.say(`EHLO x\r\n${PLAIN}MAIL FROM:<a@b>\r\nRCPT TO:<x@far.example>\r\n`)
    await c.until(/250-AUTH LOGIN PLAIN\r\n[\s\S]*235 ok, go ahead \(#2\.0\.0\)\r\n250 ok\r\n250 ok\r\n$/)
    c.say('STARTTLS\r\n')
    await c.until(/220 ready for tls\r\n$/)
    const said = await told(
      connect({ socket: c.socket, rejectUnauthorized: false }),
      `EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<x@far.example>\r\nRSET\r\n${PLAIN}MAIL FROM:<a@b>\r\nRCPT TO:<x@far.example>\r\nQUIT\r\n`
    )
    assert.match(
      said,
      /^250-[^\r]*\r\n250-PIPELINING\r\n250-AUTH LOGIN PLAIN\r\n250 8BITMIME\r\n250 ok\r\n553 sorry[^\r]*\r\n250 flushed\r\n235 [^\r]*\r\n250 ok\r\n250 ok\r\n221 /
    )
  })

  test(`a PROXY header of version 2 in one packet with a ClientHello: the rest is TLS's, at once on its port 465 (${gear} gear)`, PATIENT, async () => {
    const { port, daemon } = await startSmtpd(home, [...options, '-a', '127.0.0.1'])
    const header = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000207cb0071010fa001d1', 'hex') // 192.0.2.7:4000 to 203.0.113.1:465
    const proxy = await prefixing(port, header)
    const said = await told(connect({ port: proxy, host: '127.0.0.1', rejectUnauthorized: false }), 'EHLO x\r\nQUIT\r\n')
    assert.match(said, /^220 [^\r]*\r\n250-[\s\S]*\r\n221 /, daemon.log())
    await until('it in the log', () => /ok \d+ 0:203\.0\.113\.1:465 :192\.0\.2\.7::4000\n/.test(daemon.log()))
  })
}

test('after STARTTLS and at once the same versions and ciphers are taken', PATIENT, async () => {
  const doors = [await startSmtpd(home, ['-w', '1']), await startSmtpd(home, ['-w', '1'], { SMTPS: '1' })]
  const old = (['TLSv1', 'TLSv1.1', 'TLSv1.3'] as const).map((version): ConnectionOptions => ({ minVersion: version, maxVersion: version }))
  const ciphers = getCiphers().filter((name) => !name.startsWith('tls_'))
  const all = [...old, ...ciphers.map((name): ConnectionOptions => ({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: name.toUpperCase() }))]
  const taken = new Set<string>()
  for (const options of all) {
    const [later, atOnce] = await Promise.all(
      doors.map(({ port }, door) => agreed(port, door === 1, { ...options, ciphers: `${options.ciphers ?? 'ALL'}:@SECLEVEL=0` }))
    )
    assert.equal(later, atOnce, JSON.stringify(options))
    taken.add(later ?? '')
  }
  for (const one of ['refused', 'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256', 'TLSv1.3 TLS_AES_256_GCM_SHA384'])
    assert.ok(taken.has(one), `${one} of ${[...taken].join(', ')}`)
})
