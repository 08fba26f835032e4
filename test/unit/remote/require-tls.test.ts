import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import { systemResolvers } from '../../../src/net/secure-dns.ts'
import { deliver } from '../../../src/remote/deliver.ts'
import { selfSigned } from '../../helpers/certificate.ts'
import { keyRecord, relayZone } from '../../helpers/dane.ts'
import { dnsZone, type Zone } from '../../helpers/dns-zone.ts'
import { freePort } from '../../helpers/free-port.ts'
import { makeHome } from '../../helpers/home.ts'
import { type Script, smtpScript } from '../../helpers/smtp-script.ts'

const home = makeHome()
const zone: Zone = {}
const { server: dns } = await dnsZone(zone)
const env = { DNSCACHEIP: dns }
beforeEach(() => {
  for (const name of ['requiretls', 'tlsdestinations', 'dane']) rmSync(home.at('control', name), { force: true })
  for (const name of Object.keys(zone)) delete zone[name]
  home.control('esmtp', 'PIPELINING\n')
})

const own = selfSigned(['mx.site.example'])
home.control('anchors', own)
const MAIL = ['hear', '250 s\r\n', 'hear', '250 r\r\n', 'hear', '354 go\r\n', 'hear all', '250 done\r\n'] as const
const CLEAR = ['220 hi\r\n', 'hear', '250-hi\r\n250 REQUIRETLS\r\n', ...MAIL] as const
const inside = (ehlo: string): Script => ['220 hi\r\n', 'hear', '250-hi\r\n250 STARTTLS\r\n', 'hear', '220 go\r\n', 'tls', 'hear', ehlo, ...MAIL]
const KNOWING = inside('250-hi\r\n250 REQUIRETLS\r\n')
const IGNORANT = inside('250 hi\r\n')

const send = (items: string[]): Promise<string> =>
  deliver(
    home.path,
    {
      host: 'x.example',
      sender: 's@x',
      recipients: ['r@x.example'],
      notes: { items: ['v=1', ...items], recipients: new Map() },
      message: Buffer.from('Subject: x\n\nhi\n')
    },
    systemResolvers(env)
  )
/** Sends a message with such notes to a relay with these TLSA records; the report in short, and what MAIL said. */
const talk = async (script: Script, tlsa: string[], items = ['tls'], more: Zone = {}): Promise<[string, string | undefined]> => {
  const server = await smtpScript(script, '127.0.0.1', 0, { tls: { cert: own, key: own } })
  Object.assign(zone, relayZone(server.port, tlsa, more))
  home.control('smtproutes', `:mx.site.example:${server.port}\n`)
  const reports = await send(items)
  const short = /^r\0K/.test(reports)
    ? `K ${/\nTLS: (?:\S+ \S+, )?([^\n]*)\./.exec(reports)?.[1]}`
    : `${reports.charAt(0)} ${/\(#([0-9.]+)\)\n\0$/.exec(reports)?.[1]}`
  return [short, /MAIL FROM[^\r]*/.exec((await server.heard()).join())?.[0]]
}
const RIGHT = [keyRecord(3, own)]
const WRONG = [keyRecord(3, selfSigned(['other.example']))]

test('a message that demands TLS goes to a verified host that offers REQUIRETLS, and demands it there', async () => {
  assert.deepEqual(await talk(KNOWING, RIGHT), ['K dane', 'MAIL FROM:<s@x> REQUIRETLS'])
  home.control('tlsdestinations', `=mx.site.example:${home.at('control', 'anchors')}\n`)
  assert.deepEqual(await talk(KNOWING, []), ['K local', 'MAIL FROM:<s@x> REQUIRETLS'])
})

test('it bounces where there is none such: #5.7.30 without REQUIRETLS, #5.7.10 without TLS, #5.7.5 where the host is not known to be who it says (RFC 8689 4.2.1)', async () => {
  assert.deepEqual(await talk(IGNORANT, RIGHT), ['D 5.7.30', undefined])
  assert.deepEqual(await talk(CLEAR, RIGHT), ['D 5.7.10', undefined])
  assert.deepEqual(await talk(KNOWING, WRONG), ['D 5.7.5', undefined])
  assert.deepEqual(await talk(KNOWING, []), ['D 5.7.5', undefined])
  home.control('tlsdestinations', '-mx.site.example:\n')
  assert.deepEqual(await talk(KNOWING, RIGHT), ['D 5.7.5', undefined])
  rmSync(home.at('control', 'tlsdestinations'))
  rmSync(home.at('control', 'esmtp'))
  assert.deepEqual(await talk(KNOWING, RIGHT), ['D 5.7.5', undefined])
})

test('trouble with DNS or the connection is no reason to bounce; nor is it where another host may be better', async () => {
  const bogus = await smtpScript(KNOWING, '127.0.0.1', 0, { tls: { cert: own, key: own } })
  Object.assign(zone, relayZone(bogus.port, [], { [`_${bogus.port}._tcp.mx.site.example`]: { rcode: 2 } }))
  home.control('smtproutes', `:mx.site.example:${bogus.port}\n`)
  assert.match(await send(['tls']), /^Z[^\0]*cannot be looked up\. \(#4\.7\.5\)\n\0$/)
  const closed = await freePort()
  Object.assign(zone, relayZone(closed, RIGHT))
  home.control('smtproutes', `:mx.site.example:${closed}\n`)
  assert.match(await send(['tls']), /^Z[^\0]*establish an SMTP connection/)
  // 127.0.0.2 does not listen: it may know REQUIRETLS
  assert.deepEqual(await talk(IGNORANT, RIGHT, ['tls'], { 'mx.site.example': { a: ['127.0.0.1', '127.0.0.2'], secure: true } }), ['Z 4.4.1', undefined])
})

test('control/requiretls 0: encrypted at least, and whoever knows REQUIRETLS is told', async () => {
  home.control('requiretls', '0\n')
  assert.deepEqual(await talk(KNOWING, []), ['K encrypt, not verified', 'MAIL FROM:<s@x> REQUIRETLS'])
  assert.deepEqual(await talk(IGNORANT, RIGHT), ['K dane', 'MAIL FROM:<s@x>'])
  assert.deepEqual(await talk(CLEAR, []), ['Z 4.7.4', undefined])
  rmSync(home.at('control', 'esmtp'))
  assert.deepEqual(await talk(KNOWING, []), ['K encrypt, not verified', 'MAIL FROM:<s@x> REQUIRETLS'])
})

test('a message that is to arrive without TLS too (TLS-Required: No) goes without DANE, not without what control/ demands; others are not changed', async () => {
  assert.deepEqual(await talk(CLEAR, RIGHT, ['notls']), ['K none', 'MAIL FROM:<s@x>'])
  assert.deepEqual(await talk(CLEAR, RIGHT, ['notls', 'tls']), ['D 5.7.10', undefined])
  assert.deepEqual(await talk(KNOWING, RIGHT, ['ret=H']), ['K dane', 'MAIL FROM:<s@x>'])
  home.control('tlsdestinations', '-mx.site.example:\n')
  assert.deepEqual(await talk(CLEAR, RIGHT, ['notls']), ['Z 4.7.4', undefined])
})
