import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import type { TlsOptions } from 'node:tls'
import { issued, selfSigned } from '../helpers/certificate.ts'
import { BY_TLS, certificateRecord, IN_CLEAR, keyRecord, relayZone } from '../helpers/dane.ts'
import { demandingSink } from '../helpers/demanding-sink.ts'
import { dnsZone, type Zone } from '../helpers/dns-zone.ts'
import { makeHome } from '../helpers/home.ts'
import { type Script, smtpScript } from '../helpers/smtp-script.ts'
import { startProgram } from '../helpers/start-program.ts'
import { type Daemon, startDaemon, until } from '../helpers/suite.ts'
import { layCertificate } from '../helpers/tls.ts'
import { PATIENT, untilServed } from '../helpers/wait.ts'

const home = makeHome()
const zone: Zone = {}
const { server: dns } = await dnsZone(zone)
const theirs = selfSigned(['mx.site.example'])
const ours = selfSigned(['client.example'])
const other = selfSigned(['other.example'])

let tlsd: Daemon
const startTlsd = async (): Promise<void> => {
  for (const door of ['smtpd', 'remote']) rmSync(home.at('run', door, 'tls'), { force: true })
  tlsd = startDaemon(home, 'qmail-tlsd', ['-c'])
  await untilServed(home.at('run', 'remote', 'tls'))
}
await startTlsd()

beforeEach(() => {
  for (const name of ['tlsdestinations', 'domaincerts', 'dane', 'esmtp']) rmSync(home.at('control', name), { force: true })
  for (const name of Object.keys(zone)) delete zone[name]
  zone['mx.site.example'] = { a: ['127.0.0.1'] }
  layCertificate(home, ours, 'clientcert.pem')
})

/** The reports of a delivery to this port. */
const send = async (port: number, sender = 's@s.example'): Promise<string> => {
  home.control('smtproutes', `:mx.site.example:${port}\n`)
  writeFileSync(home.at('message'), 'Subject: x\n\nhi\n')
  const { stdout } = await startProgram(home, 'qmail-remote', {
    args: ['x.example', sender, 'r@x.example'],
    inputFile: home.at('message'),
    env: { DNSCACHEIP: dns }
  })
  return stdout
}
/** The same to a server that plays a script; and what it heard, connections parted by `|`. */
const talk = async (script: Script, tls: TlsOptions = { cert: theirs, key: theirs }, second?: Script) => {
  const server = await smtpScript(script, '127.0.0.1', 0, { tls, ...(second ? { second } : {}) })
  const reports = await send(server.port)
  return { reports, heard: (await server.heard()).join('|') }
}

test('a server that demands a certificate of clients gets control/clientcert.pem, and the mail', PATIENT, async () => {
  const { port, seen } = await demandingSink({ cert: theirs, key: theirs, ca: ours })
  const reports = await send(port)
  const taken = /^r\0K127\.0\.0\.1 accepted message\.\nTLS: TLSv1\.3 TLS_[A-Z0-9_]+, opportunistic, not verified\.\nRemote host said: 250 taken\n\0$/
  assert.match(reports, taken, tlsd.log())
  assert.deepEqual(seen, { names: ['client.example'], asked: ['mx.site.example'], messages: ['Subject: x\r\n\r\nhi'], failures: [] })
  assert.match(
    tlsd.log(),
    /^tls: id \d+ connect proto=TLSv1\.3 cipher=TLS_\w+ sni=mx\.site\.example cert=control\/clientcert\.pem ms=\d+\n/m,
    'the log tells of it'
  )
})

test(
  'by control/domaincerts each sender domain shows its own, also one whose key has a password; others show that of *, or clientcert.pem',
  PATIENT,
  async () => {
    const key = spawnSync('openssl', ['pkey', '-aes256', '-passout', 'pass:sesame'], { input: other, encoding: 'latin1' })
    assert.equal(key.status, 0, key.stderr)
    const star = selfSigned(['star.example'])
    layCertificate(home, other.replace(/-----BEGIN PRIVATE KEY[\s\S]*?END PRIVATE KEY-----\n/, ''), 'other.pem')
    layCertificate(home, key.stdout, 'other.key')
    layCertificate(home, star, 'star.pem')
    const line = 'other.example:control/other.pem|control/other.key|sesame\n'
    const { port, seen } = await demandingSink({ cert: theirs, key: theirs, ca: [ours, other, star] })
    home.control('domaincerts', `${line}*:control/star.pem\n`)
    for (const sender of ['a@Other.Example', 'a@third.example', '']) assert.match(await send(port, sender), /^r\0K/, tlsd.log())
    home.control('domaincerts', line)
    for (const sender of ['a@other.example', 'a@third.example', '"a/../b@c"@../x']) assert.match(await send(port, sender), /^r\0K/, tlsd.log())
    assert.deepEqual(seen.names, ['other.example', 'star.example', 'star.example', 'other.example', 'client.example', 'client.example'])
  }
)

test('without one for the sender TLS goes without; without any certificate qmail-tlsd is not asked', PATIENT, async () => {
  rmSync(home.at('control', 'clientcert.pem'))
  home.control('domaincerts', 'other.example:control/none.pem\n')
  const { port, seen } = await demandingSink({ cert: theirs, key: theirs, rejectUnauthorized: false })
  const before = tlsd.log()
  assert.match(await send(port), /^r\0K[^\0]*\nTLS: TLSv1\.3 /)
  assert.notEqual(tlsd.log(), before)
  rmSync(home.at('control', 'domaincerts'))
  home.control('esmtp', 'PIPELINING\n')
  const after = tlsd.log()
  assert.match(await send(port), /^r\0K[^\0]*\nTLS: TLSv1\.3 /)
  assert.equal(tlsd.log(), after)
  assert.deepEqual(seen.names, ['', ''])
})

test('the server is judged as ever: by anchors, name, fingerprint', PATIENT, async () => {
  const anchors = home.at('control', 'anchors.pem')
  writeFileSync(anchors, theirs + other)
  const judged = async (line: string, pem = theirs): Promise<string> => {
    home.control('tlsdestinations', `${line}\n`)
    return (await talk(BY_TLS, { cert: pem, key: pem })).reports
  }
  assert.match(await judged(`=mx.site.example:${anchors}`), /, local\.\n/)
  assert.match(
    await judged(`=mx.site.example:${anchors}`, other),
    /^ZTLS policy of [^\0]*unable to verify server: ERR_TLS_CERT_ALTNAME_INVALID\. \(#4\.7\.5\)\n\0$/
  )
  assert.match(await judged('=mx.site.example:'), /^ZTLS policy of [^\0]*unable to verify server: DEPTH_ZERO_SELF_SIGNED_CERT\. /)
  const fingerprint = createHash('sha256').update(new X509Certificate(theirs).raw).digest('hex')
  assert.match(await judged(`%mx.site.example:${fingerprint}`), /, local\.\n/)
  assert.match(await judged(`%mx.site.example:${fingerprint}`, other), /^ZTLS policy of [^\0]*has the fingerprint /)
  const expired = issued(['mx.site.example'], other, -1)
  assert.match(await judged(`=mx.site.example:${anchors}`, expired), /^ZTLS policy of [^\0]*unable to verify server: CERT_HAS_EXPIRED\. /)
})

test('and by DANE: the key itself, or an authority in what the server sends', PATIENT, async () => {
  const byDane = async (tlsa: string[], tls: TlsOptions): Promise<string> => {
    const server = await smtpScript(BY_TLS, '127.0.0.1', 0, { tls })
    Object.assign(zone, relayZone(server.port, tlsa))
    return send(server.port)
  }
  assert.match(await byDane([keyRecord(3, theirs)], { cert: theirs, key: theirs }), /^r\0K[^\0]*, dane\.\n/)
  assert.match(await byDane([keyRecord(3, other)], { cert: theirs, key: theirs }), /^ZTLS policy of [^\0]*no TLSA record matches its certificate\. /)
  const root = selfSigned(['root.example'])
  const between = issued([], root)
  const leaf = issued(['mx.site.example'], between)
  const stranger = issued(['mx.elsewhere.example'], between)
  const chain = (pem: string): TlsOptions => ({ cert: pem + between, key: pem })
  assert.match(await byDane([certificateRecord(2, between)], chain(leaf)), /^r\0K[^\0]*, dane\.\n/)
  assert.match(await byDane([certificateRecord(2, between)], chain(stranger)), /^ZTLS policy of [^\0]*its certificate is not for mx\.site\.example/)
})

test('without qmail-tlsd mail waits, and nothing is said in clear', PATIENT, async () => {
  await tlsd.stop('SIGKILL')
  try {
    const { reports, heard } = await talk(BY_TLS)
    assert.equal(reports, 'ZTrouble in qmail-remote: no TLS with our certificate by qmail-tlsd: connection refused. (#4.3.0)\n\0')
    assert.equal(heard, 'EHLO mail.example.org\r\n')
  } finally {
    await startTlsd()
  }
  assert.match((await talk(IN_CLEAR)).reports, /^r\0K[^\0]*\nTLS: none\.\n/, 'where TLS is not offered it is not missed')
})

test('with a certificate that cannot be used mail waits, whatever is wrong with it', PATIENT, async () => {
  const waits = async (): Promise<string> => {
    const { reports, heard } = await talk(BY_TLS)
    assert.equal(heard, 'EHLO mail.example.org\r\n')
    return reports
  }
  layCertificate(home, 'nothing of the kind', 'clientcert.pem')
  assert.match(await waits(), /^Z[^\0]*by qmail-tlsd: control\/clientcert\.pem not usable: it holds no certificate\. \(#4\.3\.0\)\n\0$/)
  const [, key] = /(-----BEGIN PRIVATE[\s\S]*)/.exec(other) ?? []
  layCertificate(home, `${/-----BEGIN CERT[\s\S]*?-----END CERTIFICATE-----\n/.exec(ours)?.[0]}${key}`, 'clientcert.pem')
  assert.match(await waits(), /not usable: the key is not that of the first certificate\. /)
  layCertificate(home, issued(['client.example'], other, -1), 'clientcert.pem')
  assert.match(await waits(), /not usable: the certificate ended on /)
  home.control('domaincerts', 's.example:control/missing.pem\n')
  assert.match(await waits(), /control\/missing\.pem not usable: file does not exist\. /)
})

test('a server that does not want our certificate gets nothing inside TLS', PATIENT, async () => {
  const late = await demandingSink({ cert: theirs, key: theirs, ca: other })
  assert.match(await send(late.port), /^ZConnected to 127\.0\.0\.1 but connection died\. \(#4\.4\.2\)\n\0$/, 'by TLS 1.3 that is known after the handshake')
  assert.equal(late.seen.failures.length, 1)
  home.control('tlsdestinations', '-mx.site.example:\n')
  const early = await demandingSink({ cert: theirs, key: theirs, ca: other, maxVersion: 'TLSv1.2' })
  assert.match(await send(early.port), /^ZTLS policy of [^\0]*TLS connect failed: (ERR_SSL_\w+|ECONNRESET|connection closed)\. /)
  assert.deepEqual([...late.seen.messages, ...early.seen.messages], [])
})

test('a failed handshake is followed by one try in clear where nothing is demanded', PATIENT, async () => {
  const old: TlsOptions = { cert: theirs, key: theirs, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }
  const { reports } = await talk(['220 hi\r\n', 'hear', '250-hi\r\n250 STARTTLS\r\n', 'hear', '220 go\r\n', 'tls', 'silent'], old, IN_CLEAR)
  assert.match(reports, /^r\0K127\.0\.0\.1 accepted message\.\nTLS: none, it failed: ERR_SSL_\w+\.\n/)
})

test('bytes of the server between its 220 and the handshake are never taken for its word', PATIENT, async () => {
  home.control('tlsdestinations', '-mx.site.example:\n')
  const { reports } = await talk(['220 hi\r\n', 'hear', '250-hi\r\n250 STARTTLS\r\n', 'hear', '220 go\r\n250 injected\r\n', 'tls', 'silent'])
  assert.match(reports, /TLS connect failed: the server said something before the handshake\. \(#4\.7\.5\)\n\0$/)
})

test('qmail-tlsd killed before the server has answered for the message: it waits, and may come twice', PATIENT, async () => {
  const script = [...BY_TLS.slice(0, -1), 'silent']
  const server = await smtpScript(script, '127.0.0.1', 0, { tls: { cert: theirs, key: theirs } })
  const before = tlsd.log()
  const reports = send(server.port)
  await until('the handshake', () => tlsd.log().slice(before.length).includes(' connect '))
  await tlsd.stop('SIGKILL')
  try {
    assert.match(await reports, /^(r\0)?ZConnected to 127\.0\.0\.1 but connection died\. (Possible duplicate! )?\(#4\.4\.2\)\n\0$/)
  } finally {
    await startTlsd()
  }
})
