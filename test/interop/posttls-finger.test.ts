import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import type { TlsOptions } from 'node:tls'
import { issued, selfSigned } from '../helpers/certificate.ts'
import { certificateRecord, keyRecord, relayZone } from '../helpers/dane.ts'
import { dnsZone, type Zone } from '../helpers/dns-zone.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { makeEtc } from '../helpers/private-etc.ts'
import { smtpScript } from '../helpers/smtp-script.ts'
import { startProgram } from '../helpers/start-program.ts'
import { output } from '../helpers/tls.ts'
import { PATIENT } from '../helpers/wait.ts'

const skip = !isRoot ? 'needs root, for an /etc of its own' : spawnSync('which', ['posttls-finger']).status !== 0 && 'posttls-finger is not installed'

/** An address whose port 53 nobody else has: resolv.conf knows no ports. */
const NAME_SERVER = `127.53.${(process.pid >> 8) & 0xff}.${process.pid & 0xff}`
const zone: Zone = {}
const home = makeHome()
const etc = skip ? undefined : makeEtc()
if (etc) {
  await dnsZone(zone, NAME_SERVER, 53)
  etc.lay('resolv.conf', `nameserver ${NAME_SERVER}\noptions trust-ad timeout:20\n`)
  mkdirSync(`${etc.path}/postfix`)
  etc.lay('postfix/main.cf', 'compatibility_level = 3.6\nsmtp_dns_support_level = dnssec\n')
  home.control('esmtp', 'PIPELINING\n')
}

const OWN = selfSigned(['mx.site.example'])
const OTHER = selfSigned(['other.example'])
const ROOT = selfSigned(['an authority'])
const BETWEEN = issued([], ROOT)
const certificateOf = (pem: string): string => new X509Certificate(pem).toString()
const leaf = (names: string[], days?: number): string => issued(names, BETWEEN, days) + certificateOf(BETWEEN)
const LEAF = leaf(['mx.site.example'])
const zeros = (usage: string, bytes: number): string => `${usage} ${'0'.repeat(2 * bytes)}`
const whole = (usage: number, pem: string): string => `${usage} 0 0 ${new X509Certificate(pem).raw.toString('hex')}`

type Verdict = 'verified' | 'encrypted' | 'refused'
/** A host: the records it has, the certificates it sends, and what both programs make of it. */
const CASES: { what: string; records: string[]; pem: string; verdict: Verdict; more?: (port: number) => Zone }[] = [
  { what: 'its key', records: [keyRecord(3, OWN)], pem: OWN, verdict: 'verified' },
  { what: 'its key, in a certificate for somebody else', records: [keyRecord(3, OTHER)], pem: OTHER, verdict: 'verified' },
  { what: 'its certificate', records: [certificateRecord(3, OWN)], pem: OWN, verdict: 'verified' },
  { what: 'its whole certificate', records: [whole(3, OWN)], pem: OWN, verdict: 'verified' },
  { what: "another one's key", records: [keyRecord(3, OTHER)], pem: OWN, verdict: 'refused' },
  { what: 'the keys before and after', records: [keyRecord(3, OTHER), keyRecord(3, OWN)], pem: OWN, verdict: 'verified' },
  { what: 'its key, and a stronger digest of another', records: [keyRecord(3, OWN), zeros('3 1 2', 64)], pem: OWN, verdict: 'refused' },
  { what: 'its key, and a stronger digest that is too short', records: [keyRecord(3, OWN), zeros('3 1 2', 63)], pem: OWN, verdict: 'verified' },
  { what: 'an authority it sends', records: [certificateRecord(2, BETWEEN)], pem: LEAF, verdict: 'verified' },
  { what: "an authority's key", records: [keyRecord(2, BETWEEN)], pem: LEAF, verdict: 'verified' },
  { what: 'an authority it does not send', records: [certificateRecord(2, ROOT)], pem: LEAF, verdict: 'refused' },
  { what: 'an authority that DNS has whole', records: [whole(2, ROOT)], pem: LEAF, verdict: 'verified' },
  { what: 'an authority, and a certificate for somebody else', records: [certificateRecord(2, BETWEEN)], pem: leaf(['other.example']), verdict: 'refused' },
  { what: 'an authority, and an expired certificate', records: [certificateRecord(2, BETWEEN)], pem: leaf(['mx.site.example'], -1), verdict: 'refused' },
  { what: 'itself as its authority', records: [certificateRecord(2, LEAF)], pem: LEAF, verdict: 'refused' },
  { what: 'itself, whole, as its authority', records: [whole(2, OWN)], pem: OWN, verdict: 'refused' },
  { what: 'another one, whole, as its authority', records: [whole(2, OTHER)], pem: OWN, verdict: 'refused' },
  {
    what: 'its key, by the name at the end of an alias',
    records: [],
    pem: OWN,
    verdict: 'verified',
    more: (port) => ({
      'mx.site.example': { cname: 'end.example', secure: true },
      'end.example': { a: ['127.0.0.1'], secure: true },
      [`_${port}._tcp.end.example`]: { tlsa: [keyRecord(3, OWN)], secure: true }
    })
  },
  { what: 'records for the web alone', records: [zeros('1 1 1', 32), zeros('0 0 1', 32)], pem: OWN, verdict: 'encrypted' },
  { what: 'no record', records: [], pem: OWN, verdict: 'encrypted' },
  {
    what: 'a record that DNSSEC does not vouch for',
    records: [],
    pem: OWN,
    verdict: 'encrypted',
    more: (port) => ({ [`_${port}._tcp.mx.site.example`]: { tlsa: [keyRecord(3, OTHER)] } })
  },
  { what: 'records that cannot be looked up', records: [], pem: OWN, verdict: 'refused', more: (port) => ({ [`_${port}._tcp.mx.site.example`]: { rcode: 2 } }) }
]

const OFFER = [
  '220 hi\r\n',
  'hear',
  '250-hi\r\n250 STARTTLS\r\n',
  'hear',
  '220 go\r\n',
  'tls',
  'hear',
  '250 hi inside\r\n',
  'hear',
  '221 bye\r\n',
  'close'
] as const

const ours = async (): Promise<{ verdict: Verdict; text: string }> => {
  const { exit, stdout } = await startProgram(home, 'qmail-tlspolicy', { args: ['-v', 'x.example'], env: { DNSCACHEIP: NAME_SERVER } })
  const verdict = exit === 1 ? 'refused' : /, dane\.\n$/.test(stdout) ? 'verified' : 'encrypted'
  return { verdict: exit === 0 || exit === 1 ? verdict : 'refused', text: `${exit} ${stdout}` }
}
const postfix = async (port: number): Promise<{ verdict: Verdict; text: string }> => {
  const command = `mount --bind ${etc?.path} /etc && exec posttls-finger -c -l dane -L summary,verbose '[mx.site.example]:${port}'`
  const { text } = await output('unshare', ['-m', '/bin/sh', '-c', command])
  if (/^posttls-finger: Verified TLS connection established/m.test(text)) return { verdict: 'verified', text }
  const isEncrypted = /^posttls-finger: Untrusted TLS connection established/m.test(text) && !/DNSSEC-signed TLSA record/.test(text)
  return { verdict: isEncrypted ? 'encrypted' : 'refused', text }
}

for (const { what, records, pem, verdict, more } of CASES) {
  test(`posttls-finger and qmail-tlspolicy agree on a host whose TLSA records mean ${what}: ${verdict}`, { ...PATIENT, skip }, async () => {
    const tls: TlsOptions = { cert: pem, key: pem }
    const { port } = await smtpScript(OFFER, '127.0.0.1', 0, { tls })
    for (const name of Object.keys(zone)) delete zone[name]
    Object.assign(zone, relayZone(port, records, more?.(port)))
    home.control('smtproutes', `:mx.site.example:${port}\n`)
    const [one, other] = [await ours(), await postfix(port)]
    assert.deepEqual([one.verdict, other.verdict], [verdict, verdict], one.text + other.text)
  })
}
