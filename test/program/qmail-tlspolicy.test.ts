import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { rmSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import { issued, selfSigned } from '../helpers/certificate.ts'
import { BY_TLS, certificateRecord, IN_CLEAR, keyRecord, relayZone } from '../helpers/dane.ts'
import { dnsZone, type Zone } from '../helpers/dns-zone.ts'
import { makeHome } from '../helpers/home.ts'
import { type Script, smtpScript } from '../helpers/smtp-script.ts'
import { startProgram } from '../helpers/start-program.ts'

const home = makeHome()
const zone: Zone = {}
const { server: dns } = await dnsZone(zone)
beforeEach(() => {
  for (const name of ['dane', 'tlsdestinations', 'smtproutes', 'esmtp']) rmSync(home.at('control', name), { force: true })
  for (const name of Object.keys(zone)) delete zone[name]
  home.control('esmtp', 'PIPELINING\n')
})

const own = selfSigned(['other.example'])
const authority = selfSigned(['an authority'])

const policy = async (args: string[], env: Record<string, string> = {}): Promise<{ exit: unknown; lines: string[]; stderr: string }> => {
  const { exit, stdout, stderr } = await startProgram(home, 'qmail-tlspolicy', { args, env: { DNSCACHEIP: dns, ...env } })
  return { exit, lines: stdout.split('\n').slice(0, -1), stderr }
}

/** What is said of x.example, all of whose mail goes to a server with this script, zone and certificate. */
const ofRelay = async (script: Script, zoneAt: (port: number) => Zone, args = ['-v', 'x.example'], pem = own) => {
  const server = await smtpScript(script, '127.0.0.1', 0, { tls: { cert: pem, key: pem } })
  Object.assign(zone, zoneAt(server.port))
  home.control('smtproutes', `:mx.site.example:${server.port}\n`)
  const { exit, lines } = await policy(args)
  return { exit, lines: lines.map((line) => line.replaceAll(String(server.port), 'PORT')), connections: server.peers.length }
}
const ROUTE = ['DANE is on, by the name server 127.0.0.1', 'control/smtproutes: mx.site.example port PORT']

test('a host that keeps to its TLSA records: which of them means which certificate', async () => {
  const [right, wrong] = [keyRecord(3, own), keyRecord(3, authority)]
  const { exit, lines } = await ofRelay(BY_TLS, (port) => relayZone(port, [right, wrong, '1 1 1 00']))
  assert.deepEqual(lines.slice(0, -1), [
    ...ROUTE,
    'mx.site.example 127.0.0.1 port PORT: DNSSEC vouches for it',
    `  _PORT._tcp.mx.site.example: ${right}: counts`,
    `  _PORT._tcp.mx.site.example: ${wrong}: counts`,
    '  _PORT._tcp.mx.site.example: 1 1 1 00: does not count',
    '  policy: dane, by mx.site.example (dane)',
    lines[7],
    `    is meant by ${right}`
  ])
  assert.match(lines[7] ?? '', /^ {2}certificate: DNS:other\.example; until \d{4}-\d\d-\d\d; by CN=other\.example$/)
  assert.match(lines.at(-1) ?? '', /^ {2}TLS: TLSv1\.3 TLS_\w+, dane\.$/)
  assert.equal(exit, 0)
})

test('without -v nothing is connected to; a host that does not keep to its records is found out with it', async () => {
  const zoneAt = (port: number): Zone => relayZone(port, [keyRecord(3, authority)])
  const told = await ofRelay(BY_TLS, zoneAt, ['x.example'])
  assert.deepEqual([told.exit, told.connections, told.lines.at(-1)], [0, 0, '  policy: dane, by mx.site.example (dane)'])
  const tried = await ofRelay(BY_TLS, zoneAt)
  assert.deepEqual([tried.exit, tried.connections], [1, 1])
  assert.match(
    tried.lines.at(-1) ?? '',
    /^ {2}TLS policy of mx\.site\.example \(dane\) not met by mx\.site\.example: TLS unable to verify server: no TLSA record matches/
  )
})

test('an authority of the host is looked for as for a delivery; clear text is not enough', async () => {
  const leaf = issued(['mx.site.example'], authority)
  const zoneAt = (port: number): Zone => relayZone(port, [certificateRecord(2, authority)])
  const good = await ofRelay(BY_TLS, zoneAt, ['-v', 'x.example'], leaf + new X509Certificate(authority).toString())
  assert.equal(good.exit, 0, good.lines.join('\n'))
  assert.deepEqual(
    good.lines.filter((line) => /certificate|is meant/.test(line)).map((line) => line.split(':')[0]),
    ['  certificate', '  certificate', `    is meant by ${certificateRecord(2, authority)}`]
  )
  const bad = await ofRelay(IN_CLEAR, zoneAt)
  assert.deepEqual([bad.exit, bad.lines.at(-1)], [1, '  TLS policy of mx.site.example (dane) not met by mx.site.example: No TLS achieved. (#4.7.4)'])
})

test('what control/ says comes first, and why there is no DANE is told', async () => {
  const zoneAt = (port: number): Zone => relayZone(port, [keyRecord(3, authority)])
  home.control('tlsdestinations', '-mx.site.example:\n')
  const ruled = await ofRelay(BY_TLS, zoneAt)
  assert.deepEqual(ruled.lines.slice(2, 4), [
    'mx.site.example 127.0.0.1 port PORT: DNSSEC vouches for it',
    '  policy: encrypt, by control/tlsdestinations -mx.site.example:'
  ])
  home.control('dane', '0\n')
  assert.equal((await policy(['x.example'])).lines[0], 'DANE is off: control/dane')
  rmSync(home.at('control', 'dane'))
  zone[''] = {}
  assert.equal((await policy(['x.example'])).lines[0], 'DANE is off: the name server 127.0.0.1 does not look at DNSSEC')
  for (const name of ['esmtp', 'tlsdestinations']) rmSync(home.at('control', name))
  assert.match((await policy(['x.example'])).lines[0] ?? '', /^TLS is not spoken: none of control\/esmtp, /)
})

test('exchangers are listed as they would be tried, with what DNSSEC says of each', async () => {
  Object.assign(zone, {
    '': { secure: true },
    'loose.example': { mx: [[20, 'b.site.example'], [10, 'a.site.example']] }, // biome-ignore format: one line a name
    'a.site.example': { a: ['198.51.100.1'], secure: true },
    'b.site.example': { a: ['198.51.100.2'] }
  })
  const { exit, lines } = await policy(['loose.example'])
  assert.deepEqual(
    [exit, ...lines.slice(1)],
    [
      0,
      'a.site.example 198.51.100.1 port 25: DNSSEC vouches for its address, not for the MX records',
      '  policy: opportunistic',
      'b.site.example 198.51.100.2 port 25: DNSSEC does not vouch for its address',
      '  policy: opportunistic'
    ]
  )
})

test('exit 1 for what would bounce, 111 for what cannot be told, 100 for misuse', async () => {
  Object.assign(zone, { '': { secure: true }, 'fail.example': { rcode: 2 } })
  const nowhere = await policy(['nowhere.example'])
  assert.deepEqual([nowhere.exit, nowhere.lines[1]], [1, "Sorry, I couldn't find any host named nowhere.example. (#5.1.2)"])
  assert.equal((await policy(['fail.example'])).exit, 111)
  for (const args of [[], ['-v'], ['-x', 'a.example'], ['a.example', 'b.example'], ['']]) {
    const { exit, stderr } = await policy(args)
    assert.deepEqual([exit, stderr], [100, 'qmail-tlspolicy: usage: qmail-tlspolicy [-v] domain\n'], args.join(' '))
  }
})
