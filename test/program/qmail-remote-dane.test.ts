import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import type { TlsOptions } from 'node:tls'
import { issued, selfSigned } from '../helpers/certificate.ts'
import { BY_TLS, certificateRecord, IN_CLEAR, keyRecord, relayZone } from '../helpers/dane.ts'
import { dnsZone, type Zone } from '../helpers/dns-zone.ts'
import { makeHome } from '../helpers/home.ts'
import { type Script, smtpScript } from '../helpers/smtp-script.ts'
import { startProgram } from '../helpers/start-program.ts'

const home = makeHome()
const zone: Zone = {}
const { server: dns, questions } = await dnsZone(zone)
const CONTROLS = ['dane', 'tlsdestinations', 'tlsadomains', 'daneinsecuremx']
beforeEach(() => {
  for (const name of CONTROLS) rmSync(home.at('control', name), { force: true })
  for (const name of Object.keys(zone)) delete zone[name]
  questions.length = 0
  home.control('esmtp', 'PIPELINING\n')
})

const own = selfSigned(['other.example'])
const foreign = selfSigned(['mx.site.example'])
const certificate = { cert: own, key: own }

let connections = 0

/** Delivers to a server that plays this script, as mx.site.example, in the zone made for its port; the reports. `connections`: how many were made. */
const talk = async (script: Script, zoneAt: (port: number) => Zone, tls: TlsOptions = certificate, field = 'Subject: x'): Promise<string> => {
  const server = await smtpScript(script, '127.0.0.1', 0, { tls })
  Object.assign(zone, zoneAt(server.port))
  home.control('smtproutes', `:mx.site.example:${server.port}\n`)
  writeFileSync(home.at('message'), `${field}\n\nhi\n\nTLS-Required: No\n`)
  const { stdout } = await startProgram(home, 'qmail-remote', {
    args: ['x.example', 's@s.example', 'r@x.example'],
    inputFile: home.at('message'),
    env: { DNSCACHEIP: dns }
  })
  connections = server.peers.length
  return stdout
}

test('a host with a secure TLSA record gets mail if it has the key, whatever name and date its certificate bears', async () => {
  const record = keyRecord(3, own)
  const old = issued(['other.example'], own, -1)
  const expired = await talk(BY_TLS, (port) => relayZone(port, [certificateRecord(3, old)]), { cert: old, key: old })
  assert.match(expired, /, dane\.\n/)
  assert.match(await talk(BY_TLS, (port) => relayZone(port, [record])), /^r\0K127\.0\.0\.1 accepted message\.\nTLS: TLSv1\.3 TLS_\w+, dane\.\nRemote host said/)
})

test('a host whose key is another one gets nothing', async () => {
  const reports = await talk(BY_TLS, (port) => relayZone(port, [keyRecord(3, foreign)]))
  assert.equal(
    reports,
    'ZTLS policy of mx.site.example (dane) not met by mx.site.example: TLS unable to verify server: no TLSA record matches its certificate. (#4.7.5)\n\0'
  )
})

test('a host that should have TLS by its records and offers none gets nothing', async () => {
  const reports = await talk(IN_CLEAR, (port) => relayZone(port, [keyRecord(3, own)]))
  assert.equal(reports, 'ZTLS policy of mx.site.example (dane) not met by mx.site.example: No TLS achieved. (#4.7.4)\n\0')
})

const SAYS = /^(?:r\0)?(K[^\n]*\nTLS: (?:none|TLS\S+ \S+, [^.]*)\.|Z[^\0]*)/
/** What came of it, in short. */
const said = (reports: string): string =>
  (SAYS.exec(reports)?.[1] ?? reports)
    .replace(/^K[^\n]*\nTLS: (?:TLS\S+ \S+, )?/, 'K ')
    .replace(/^Z.*not met by mx\.site\.example: (?:TLS unable to verify server: )?/, 'Z ')

test('records of an anchor: the host sends it, the certificate is for the host or the domain, and has not expired', async () => {
  const anchor = selfSigned(['root.example'])
  const between = issued([], anchor)
  const leaf = (names: string[], days?: number): TlsOptions => {
    const pem = issued(names, between, days)
    return { cert: pem + between, key: pem }
  }
  const trust = (pem: string) => (port: number) => relayZone(port, [certificateRecord(2, pem)])
  const good = leaf(['mx.site.example'])
  assert.equal(said(await talk(BY_TLS, trust(between), good)), 'K dane.')
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, [keyRecord(2, between)]), good)), 'K dane.')
  assert.equal(said(await talk(BY_TLS, trust(anchor), good)), 'Z no TLSA record matches its certificate. (#4.7.5)\n')
  const whole = (port: number) => relayZone(port, [`2 0 0 ${new X509Certificate(anchor).raw.toString('hex')}`])
  assert.equal(said(await talk(BY_TLS, whole, good)), 'K dane.')
  assert.equal(said(await talk(BY_TLS, trust(between), leaf(['other.example']))), 'Z its certificate is not for mx.site.example. (#4.7.5)\n')
  assert.equal(said(await talk(BY_TLS, trust(between), leaf(['mx.site.example'], -1))), 'Z CERT_HAS_EXPIRED. (#4.7.5)\n')
  assert.equal(said(await talk(BY_TLS, trust(selfSigned(['x.example'])), good)), 'Z no TLSA record matches its certificate. (#4.7.5)\n')
})

test('while a key is exchanged both have a record; records of other kinds do not matter', async () => {
  const [old, fresh] = [keyRecord(3, foreign), keyRecord(3, own)]
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, [old, '1 1 1 00', '3 1 9 00', '9 9 9 00', fresh]))), 'K dane.')
})

test('records that cannot be used make TLS a must, with whatever certificate', async () => {
  const unusable = ['0 0 1 '.padEnd(70, '0'), '1 1 1 '.padEnd(70, '0'), '3 1 1 00', '3 2 1 '.padEnd(70, '0'), '2 0 0 00']
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, unusable))), 'K encrypt, not verified.')
  assert.equal(said(await talk(IN_CLEAR, (port) => relayZone(port, unusable))), 'Z No TLS achieved. (#4.7.4)\n')
})

test('a host whose records cannot be looked up is not even connected to', async () => {
  const bogus = (port: number): Zone => relayZone(port, [], { [`_${port}._tcp.mx.site.example`]: { rcode: 2 } })
  const reports = await talk(BY_TLS, bogus)
  assert.equal(said(reports), 'Z its TLSA records cannot be looked up. (#4.7.5)\n')
  assert.equal(connections, 0)
})

test('where there is no record, or DNSSEC does not vouch for it, TLS is as it is without DANE', async () => {
  assert.equal(said(await talk(IN_CLEAR, (port) => relayZone(port, []))), 'K none.')
  const unvouched = (port: number): Zone => relayZone(port, [], { [`_${port}._tcp.mx.site.example`]: { tlsa: [keyRecord(3, foreign)] } })
  assert.equal(said(await talk(BY_TLS, unvouched)), 'K opportunistic, not verified.')
})

test('records are asked for only where DNSSEC vouches for the address and nothing is said in control/', async () => {
  const wrong = [keyRecord(3, foreign)]
  const asked = (): string[] => questions.filter((question) => /^(NS|TLSA) /.test(question)).map((question) => question.replace(/_\d+/, '_N'))
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, wrong, { 'mx.site.example': { a: ['127.0.0.1'] } }))), 'K opportunistic, not verified.')
  assert.deepEqual(asked(), ['NS '], 'the address is not vouched for')
  home.control('tlsdestinations', '-mx.site.example:\n')
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, wrong))), 'K encrypt, not verified.')
  assert.deepEqual(asked(), ['NS ', 'NS '], 'control/ decides')
  rmSync(home.at('control', 'tlsdestinations'))
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, wrong, { '': {} }))), 'K opportunistic, not verified.')
  assert.deepEqual(asked(), ['NS ', 'NS ', 'NS '], 'a server that does not vouch for the root looks at no DNSSEC')
  questions.length = 0
  home.control('dane', '0\n')
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, wrong))), 'K opportunistic, not verified.')
  assert.deepEqual(asked(), [], 'it is off')
  rmSync(home.at('control', 'esmtp'))
  rmSync(home.at('control', 'dane'))
  assert.match(await talk(IN_CLEAR, (port) => relayZone(port, wrong)), /^r\0K[^\n]*\nRemote host/)
  assert.deepEqual(asked(), [], 'TLS is not spoken')
})

test('a host with an alias: records of the name at its end come first, then its own', async () => {
  const alias =
    (at: (port: number) => string) =>
    (port: number): Zone => ({
      ...relayZone(port, []),
      'mx.site.example': { cname: 'real.example', secure: true },
      'real.example': { a: ['127.0.0.1'], secure: true },
      [`_${port}._tcp.real.example`]: { secure: true },
      [at(port)]: { tlsa: [keyRecord(3, own)], secure: true }
    })
  assert.equal(
    said(
      await talk(
        BY_TLS,
        alias((port) => `_${port}._tcp.real.example`)
      )
    ),
    'K dane.'
  )
  assert.equal(
    said(
      await talk(
        BY_TLS,
        alias((port) => `_${port}._tcp.mx.site.example`)
      )
    ),
    'K dane.'
  )
})

test('control/dane 2: mail to control/tlsadomains goes by DANE or not at all', async () => {
  home.control('dane', '2\n')
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, []))), 'Z it has no TLSA records to go by. (#4.7.5)\n')
  home.control('tlsadomains', 'bank.example\n')
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, []))), 'K opportunistic, not verified.')
  home.control('tlsadomains', 'site.example\n')
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, [keyRecord(3, own)]))), 'K dane.')
  assert.equal(said(await talk(BY_TLS, (port) => relayZone(port, [], { '': {} }))), 'Z no name server is to be trusted about TLSA records. (#4.7.5)\n')
})

test('TLS-Required: No in the header has a message arrive whatever DANE says, but not where control/ demands it (RFC 8689 5)', async () => {
  const bad = (port: number): Zone => relayZone(port, [keyRecord(3, foreign)])
  const good = (port: number): Zone => relayZone(port, [keyRecord(3, own)])
  assert.match(await talk(IN_CLEAR, bad, certificate, 'Subject: x\ntls-required : no'), /^r\0K127\.0\.0\.1 accepted message\.\nTLS: none\.\n/)
  assert.match(await talk(BY_TLS, bad, certificate, 'TLS-Required:\n No'), /^r\0K127\.0\.0\.1 accepted message\.\nTLS: TLS/)
  assert.match(await talk(BY_TLS, good, certificate, 'TLS-Required: No'), /^r\0K127\.0\.0\.1 accepted message\.\nTLS: TLS/)
  for (const field of ['TLS-Required: Yes', 'TLS-Required: No\n way', 'X-TLS-Required: No', 'Subject: x\n TLS-Required: No'])
    assert.match(await talk(IN_CLEAR, bad, certificate, field), /^ZTLS policy of mx\.site\.example \(dane\) not met/, field)
  home.control('dane', '2\n')
  assert.match(await talk(IN_CLEAR, good, certificate, 'TLS-Required: No'), /^ZTLS policy of mx\.site\.example \(dane\) not met/)
})
