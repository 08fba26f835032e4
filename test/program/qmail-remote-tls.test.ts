import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import type { TlsOptions } from 'node:tls'
import { selfSigned } from '../helpers/certificate.ts'
import { dnsZone } from '../helpers/dns-zone.ts'
import { makeHome } from '../helpers/home.ts'
import { type Script, smtpScript } from '../helpers/smtp-script.ts'
import { startProgram } from '../helpers/start-program.ts'

const home = makeHome()
const { server: dns } = await dnsZone({ 'mx.site.example': { a: ['127.0.0.1'] } })
const pem = selfSigned(['mx.site.example'])
const wild = selfSigned(['*.site.example'])
const certificate = { cert: pem, key: pem }
const CONTROLS = ['esmtp', 'smtproutes', 'tlsdestinations', 'tlshosts', 'notlshosts', 'authsenders', 'authclear', 'tlsclientmethod']
beforeEach(() => {
  for (const name of CONTROLS) rmSync(home.at('control', name), { recursive: true, force: true })
  home.control('esmtp', 'PIPELINING\n')
})

/** Delivers to a server that plays this script; its reports, and what the server heard, connections parted by `|`. */
const talk = async (script: Script, { credentials = '', tls = certificate, second }: { credentials?: string; tls?: TlsOptions; second?: Script } = {}) => {
  const server = await smtpScript(script, '127.0.0.1', 0, { tls, ...(second ? { second } : {}) })
  home.control('smtproutes', `:mx.site.example:${server.port}${credentials}\n`)
  writeFileSync(home.at('message'), 'Subject: x\n\nhi\n')
  const { stdout } = await startProgram(home, 'qmail-remote', {
    args: ['x.example', 's@s.example', 'r@x.example'],
    inputFile: home.at('message'),
    env: { DNSCACHEIP: dns }
  })
  return { reports: stdout, heard: (await server.heard()).join('|') }
}
const MAIL = ['hear', '250 s\r\n', 'hear', '250 r\r\n', 'hear', '354 go\r\n', 'hear all', '250 done\r\n'] as const
const OFFER = ['220 hi\r\n', 'hear', '250-hi\r\n250 STARTTLS\r\n'] as const
const TLS = [...OFFER, 'hear', '220 go\r\n', 'tls', 'hear', '250 hi inside\r\n'] as const
const CLEAR = ['220 hi\r\n', 'hear', '250 hi\r\n'] as const

test('with control/esmtp TLS is used where it is offered, whatever the certificate, and the report says so', async () => {
  const { reports, heard } = await talk([...TLS, ...MAIL])
  assert.match(reports, /^r\0K127\.0\.0\.1 accepted message\.\nTLS: TLSv1\.3 TLS_[A-Z0-9_]+, opportunistic, not verified\.\nRemote host said: 250 done\n\0$/)
  assert.equal(
    heard,
    'EHLO mail.example.org\r\nSTARTTLS\r\nEHLO mail.example.org\r\nMAIL FROM:<s@s.example>\r\nRCPT TO:<r@x.example>\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n.\r\nQUIT\r\n'
  )
})

test('where it is not offered, or refused, mail goes in clear; without any of the files nothing of it is heard', async () => {
  assert.match((await talk([...CLEAR, ...MAIL])).reports, /^r\0K[^\0]*\nTLS: none\.\n/)
  assert.match((await talk([...OFFER, 'hear', '454 not now\r\n', ...MAIL])).reports, /^r\0K[^\0]*\nTLS: none\.\n/)
  rmSync(home.at('control', 'esmtp'))
  const { reports, heard } = await talk([...CLEAR, ...MAIL])
  assert.match(reports, /^r\0K127\.0\.0\.1 accepted message\.\nRemote host said/)
  assert.match(heard, /^HELO /)
})

test('bytes of the server between its 220 and the handshake are never taken for its word', async () => {
  home.control('tlsdestinations', '-mx.site.example:\n')
  const { reports } = await talk([...OFFER, 'hear', '220 go\r\n250 injected\r\n', 'tls', 'silent'])
  assert.match(
    reports,
    /^ZTLS policy of control\/tlsdestinations -mx\.site\.example: not met by mx\.site\.example: TLS connect failed: the server said something before the handshake\. \(#4\.7\.5\)\n\0$/
  )
})

test('a failed handshake is followed by one try in clear, unless TLS is a must', async () => {
  const old: TlsOptions = { ...certificate, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }
  home.control('tlsdestinations', '-mx.site.example:\n')
  assert.match((await talk([...OFFER, 'hear', '220 go\r\n', 'tls', 'silent'], { tls: old })).reports, /^ZTLS policy of [^\0]*TLS connect failed: ERR_SSL_/)
  rmSync(home.at('control', 'tlsdestinations'))
  const { reports, heard } = await talk([...OFFER, 'hear', '220 go\r\n', 'tls', 'silent'], { tls: old, second: [...CLEAR, ...MAIL] })
  assert.match(reports, /^r\0K127\.0\.0\.1 accepted message\.\nTLS: none, it failed: ERR_SSL_\w+\.\n/)
  assert.match(heard, /^EHLO [^|]*STARTTLS\r\n\|EHLO mail\.example\.org\r\nMAIL FROM/)
})

test('a must: encrypted, verified, by name, by fingerprint', async () => {
  const demand = async (line: string, tls: TlsOptions = certificate): Promise<string> => {
    home.control('tlsdestinations', `${line}\n`)
    return (await talk([...TLS, ...MAIL], { tls })).reports
  }
  const anchors = home.at('control', 'anchors.pem')
  writeFileSync(anchors, pem + wild)
  assert.match(await demand('-mx.site.example:'), /\nTLS: TLSv1\.3 \S+, encrypt, not verified\.\n/)
  assert.match(await demand(`=mx.site.example:${anchors}`), /\nTLS: TLSv1\.3 \S+, local\.\n/)
  assert.match(await demand(`=mx.site.example:${anchors}`, { cert: wild, key: wild }), /^ZTLS policy of [^\0]*unable to verify server: /)
  assert.match(await demand(`~mx.site.example:${anchors}`, { cert: wild, key: wild }), /\nTLS: TLSv1\.3 \S+, local\.\n/)
  assert.match(await demand(`.example:${anchors}`), /\nTLS: TLSv1\.3 \S+, local\.\n/)
  assert.match(
    await demand('=mx.site.example:'),
    /^ZTLS policy of control\/tlsdestinations =mx\.site\.example: not met by mx\.site\.example: TLS unable to verify server: DEPTH_ZERO_SELF_SIGNED_CERT\. \(#4\.7\.5\)\n\0$/
  )
  const fingerprint = createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')
  assert.match(await demand(`%mx.site.example:${fingerprint.toUpperCase()}`), /\nTLS: TLSv1\.3 \S+, local\.\n/)
  assert.match(await demand(`%mx.site.example:${'0'.repeat(64)}`), /^ZTLS policy of [^\0]*has the fingerprint /)
  home.control('tlsdestinations', '-*:\n')
  assert.match(
    (await talk([...CLEAR, 'hear', '250 s\r\n'])).reports,
    /^ZTLS policy of control\/tlsdestinations -\*: not met by mx\.site\.example: No TLS achieved\. \(#4\.7\.4\)\n\0$/
  )
})

/** What came of mail to mx.site.example, whose server shows a certificate of these names, which is trusted. */
const shown = async (policy: 'tlsdestinations' | 'tlshosts', names: readonly string[], ...more: string[]): Promise<string> => {
  const text = selfSigned(names, ...more)
  const anchors = home.at('control', 'anchors.pem')
  writeFileSync(anchors, text)
  if (policy === 'tlsdestinations') home.control('tlsdestinations', `~mx.site.example:${anchors}\n`)
  else {
    mkdirSync(home.at('control', 'tlshosts'), { recursive: true })
    writeFileSync(home.at('control', 'tlshosts', 'mx.site.example.pem'), text)
  }
  return (await talk([...TLS, ...MAIL], { tls: { cert: text, key: text } })).reports
}

test('a certificate counts for the host by its DNS names; a wildcard is the whole of one label (RFC 9525)', async () => {
  for (const good of [['MX.Site.Example'], ['other.example', '*.site.example']]) assert.match(await shown('tlsdestinations', good), /, local\.\n/, good.join())
  const wrong = ['site.example', '*.example', 'm*.site.example', 'mx.*.example', '*.mx.site.example', '*', 'IP:127.0.0.1', 'real.site.example']
  for (const bad of wrong) assert.match(await shown('tlsdestinations', [bad]), /unable to verify server: ERR_TLS_CERT_ALTNAME_INVALID\. /, bad)
})

test('the common name counts for tlshosts alone, and only of a certificate without DNS names', async () => {
  const common = ['-subj', '/CN=mx.site.example']
  assert.match(await shown('tlsdestinations', ['email:joe@site.example'], ...common), /unable to verify server: ERR_TLS_CERT_ALTNAME_INVALID\. /)
  rmSync(home.at('control', 'tlsdestinations'))
  assert.match(await shown('tlshosts', ['email:joe@site.example'], ...common), /, local\.\n/)
  assert.match(await shown('tlshosts', ['other.example'], ...common), /^ZTLS unable to verify server/)
})

test('what a server offered in clear does not count inside TLS', async () => {
  home.control('esmtp', 'PIPELINING\nSIZE\nDSN\n')
  const offer = ['220 hi\r\n', 'hear', '250-hi\r\n250-PIPELINING\r\n250-SIZE 5\r\n250-DSN\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n'] as const
  const { reports, heard } = await talk([...offer, 'hear', '220 go\r\n', 'tls', 'hear', '250 hi inside\r\n', ...MAIL], { credentials: '|joe|secret' })
  assert.match(reports, /^r\0K127\.0\.0\.1 accepted message\.\n/, 'five bytes would not be enough')
  assert.match(heard, /STARTTLS\r\nEHLO mail\.example\.org\r\nMAIL FROM:<s@s\.example>\r\nRCPT/)
})

test("Vermeulen's files: tlshosts makes it a must, notlshosts and exhaustivelist switch it off", async () => {
  mkdirSync(home.at('control', 'tlshosts'))
  writeFileSync(home.at('control', 'tlshosts', 'mx.site.example.pem'), pem)
  assert.match((await talk([...TLS, ...MAIL])).reports, /\nTLS: TLSv1\.3 \S+, local\.\n/)
  assert.match((await talk([...CLEAR, ...MAIL])).reports, /^ZNo TLS achieved while control\/tlshosts\/mx\.site\.example\.pem exists\. \(#4\.7\.4\)\n\0$/)
  rmSync(home.at('control', 'tlshosts', 'mx.site.example.pem'))
  writeFileSync(home.at('control', 'tlshosts', 'exhaustivelist'), '')
  assert.match((await talk([...OFFER, ...MAIL])).reports, /\nTLS: none\.\n/)
  rmSync(home.at('control', 'tlshosts'), { recursive: true })
  mkdirSync(home.at('control', 'notlshosts'))
  writeFileSync(home.at('control', 'notlshosts', 'mx.site.example'), '')
  assert.match((await talk([...OFFER, ...MAIL])).reports, /\nTLS: none\.\n/)
})

test('a null client: credentials of smtproutes are given inside TLS, with what is offered there', async () => {
  const inside = ['220 go\r\n', 'tls', 'hear', '250-hi\r\n250 AUTH LOGIN PLAIN\r\n', 'hear', '235 yes\r\n'] as const
  const { reports, heard } = await talk([...OFFER, 'hear', ...inside, ...MAIL], { credentials: '|joe|secret' })
  assert.match(reports, /^r\0K/)
  assert.match(heard, /\r\nAUTH PLAIN AGpvZQBzZWNyZXQ=\r\nMAIL /)
})

test('a rejected password is never a bounce; without TLS a password goes out to nobody but ourselves', async () => {
  const inside = [
    '220 go\r\n',
    'tls',
    'hear',
    '250-hi\r\n250 AUTH LOGIN\r\n',
    'hear',
    '334 VXNlcm5hbWU6\r\n',
    'hear',
    '334 UGFzc3dvcmQ6\r\n',
    'hear',
    '535 no\r\n',
    'hear'
  ] as const
  const { reports, heard } = await talk([...OFFER, 'hear', ...inside], { credentials: '|joe|wrong' })
  assert.equal(reports, 'ZConnected to 127.0.0.1 but authentication was rejected (LOGIN).\nRemote host said: 535 no\n\0')
  assert.match(heard, /\r\nAUTH LOGIN\r\nam9l\r\nd3Jvbmc=\r\nQUIT\r\n$/)
})

test('CRAM-MD5 comes first in clear (RFC 2195)', async () => {
  const challenge = Buffer.from('<1896.697170952@postoffice.reston.mci.net>').toString('base64')
  const script = ['220 hi\r\n', 'hear', '250-hi\r\n250 AUTH PLAIN CRAM-MD5\r\n', 'hear', `334 ${challenge}\r\n`, 'hear', '235 yes\r\n', ...MAIL] as const
  const { heard } = await talk(script, { credentials: '|tim|tanstaaftanstaaf' })
  assert.match(heard, /\r\nAUTH CRAM-MD5\r\ndGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\nMAIL /)
})

test('authsenders comes before smtproutes, by address, domain and for everybody', async () => {
  const server = await smtpScript(['220 hi\r\n', 'hear', '250-hi\r\n250 AUTH PLAIN\r\n', 'hear', '235 yes\r\n', ...MAIL])
  home.control('authsenders', `@s.example:mx.site.example:${server.port}|sam|pw\n`)
  const { reports, heard } = await talk([...CLEAR, 'hear', '550 not here\r\n'])
  assert.match(reports, /^r\0K/)
  assert.equal(heard, '')
  assert.match((await server.heard()).join(), /\r\nAUTH PLAIN AHNhbQBwdw==\r\n/)
})
