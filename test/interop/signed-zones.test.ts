import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { suiteUser } from '../../src/os/ids.ts'
import { issued, selfSigned } from '../helpers/certificate.ts'
import { certificateRecord, keyRecord } from '../helpers/dane.ts'
import { noExim, startExim } from '../helpers/exim.ts'
import { freePort } from '../helpers/free-port.ts'
import { makeHome } from '../helpers/home.ts'
import { hasPostfix, startPostfix } from '../helpers/postfix.ts'
import { makeEtc } from '../helpers/private-etc.ts'
import { noSignedZones, serveSigned, type ZoneText } from '../helpers/signed-zones.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { startProgram } from '../helpers/start-program.ts'
import { maildir, makeMaildir, startDaemon, startListening, startSuite, until } from '../helpers/suite.ts'
import { layCertificate, output } from '../helpers/tls.ts'
import { PATIENT } from '../helpers/wait.ts'

// DANE by a resolver that others wrote, over zones that others signed and serve: what we send, and what others send to us.

/** An address whose port 25 nobody else has: that is where MX records lead. */
const HOST = `127.25.${(process.pid >> 8) & 0xff}.${process.pid & 0xff}`
const AUTHORITY = selfSigned(['an authority'])
const CERTIFICATE = issued(['mx.anchor.example', 'mx.good.example'], AUTHORITY) + AUTHORITY.slice(AUTHORITY.indexOf('-----BEGIN CERTIFICATE'))
const OTHER = selfSigned(['mx.good.example'])
const OWN_KEY = keyRecord(3, CERTIFICATE)
const OTHER_KEY = keyRecord(3, OTHER)

/** What becomes of mail to a domain: delivered to a host that proved by DANE who it is, with whatever TLS there is, or put off. */
type Verdict = 'verified' | 'opportunistic' | 'put off'

const records = (name: string, tlsa: readonly string[]): string =>
  [`${name}. MX 10 mx.${name}.`, `mx.${name}. A ${HOST}`, ...tlsa.map((one) => `_25._tcp.mx.${name}. TLSA ${one}`), ''].join('\n')
const hexOf = (record: string): string => record.split(' ')[3] ?? ''

const CASES: Record<string, { what: string; verdict: Verdict; tlsa: readonly string[] } & Partial<ZoneText>> = {
  'good.example': { what: 'its key', verdict: 'verified', tlsa: [OWN_KEY] },
  'certificate.example': { what: 'its certificate', verdict: 'verified', tlsa: [certificateRecord(3, CERTIFICATE)] },
  'anchor.example': { what: 'the authority it sends', verdict: 'verified', tlsa: [certificateRecord(2, AUTHORITY)] },
  'rollover.example': { what: 'the keys before and after', verdict: 'verified', tlsa: [OTHER_KEY, OWN_KEY] },
  'wrong.example': { what: "another one's key", verdict: 'put off', tlsa: [OTHER_KEY] },
  'stranger.example': { what: 'an authority of somebody else', verdict: 'put off', tlsa: [certificateRecord(2, OTHER)] },
  'absent.example': { what: 'nothing', verdict: 'opportunistic', tlsa: [] },
  'insecure.example': { what: 'what nobody has signed', verdict: 'opportunistic', tlsa: [OTHER_KEY], signing: 'none' },
  'forged.example': {
    what: 'what does not fit its signature',
    verdict: 'put off',
    tlsa: [OTHER_KEY],
    forge: (text) => text.replaceAll(hexOf(OTHER_KEY), hexOf(OWN_KEY))
  },
  'stripped.example': {
    what: 'what somebody took away',
    verdict: 'put off',
    tlsa: [OTHER_KEY],
    forge: (text) => text.replace(/^_25\S+\s+\d+\s+IN\s+(TLSA|RRSIG\s+TLSA)\s.*\n/gm, '')
  },
  'expired.example': { what: 'what was signed until long ago', verdict: 'put off', tlsa: [OWN_KEY], signing: 'expired' }
}
const DOMAINS = Object.keys(CASES)

const home = makeHome()
const skip = noSignedZones
const options = { ...PATIENT, skip }

/** Our server on port 25 of its own address, and the zones; their resolver. */
const setUp = async () => {
  layCertificate(home, CERTIFICATE)
  for (const name of ['locals', 'rcpthosts']) home.control(name, `${DOMAINS.join('\n')}\n`)
  home.control('esmtp', 'PIPELINING\n8BITMIME\n')
  makeMaildir(home.at('alias', 'Maildir'))
  spawnSync('chown', ['-R', '--reference', home.at('alias'), home.at('alias', 'Maildir')])
  writeFileSync(home.at('alias', '.qmail-default'), './Maildir/\n')
  await startSuite(home)
  const { uid, gid } = suiteUser(home.path, 'qmaild')
  const args = ['-1v', '-RHl0', '-w', '1', '-u', String(uid), '-g', String(gid), HOST, '25', home.at('bin', 'qmail-smtpd')]
  await startListening((log) => startDaemon(home, 'tcpserver', args, log))
  const zones = Object.entries(CASES).map(([name, { tlsa, signing = 'signed', forge }]): [string, ZoneText] => [
    `${name}.`,
    { records: records(name, tlsa), signing, ...(forge === undefined ? {} : { forge }) }
  ])
  return serveSigned(Object.fromEntries(zones))
}
const dns = skip ? undefined : await setUp()
const arrived = (subject: string): string | undefined => maildir(home.at('alias', 'Maildir')).find((text) => text.includes(`\nSubject: ${subject}\n`))

const REPORT: Record<Verdict, RegExp> = {
  verified: /^r\0K[^\n]* accepted message\.\nTLS: TLSv1\.3 TLS_\w+, dane\.\n/,
  opportunistic: /^r\0K[^\n]* accepted message\.\nTLS: TLSv1\.3 TLS_\w+, opportunistic, not verified\.\n/,
  'put off': /^Z[^\0]* \(#4\.(1\.2|7\.5)\)\n\0$/
}
for (const [name, { what, verdict }] of Object.entries(CASES)) {
  test(`qmail-remote, by way of unbound, to a host whose zone holds ${what}: ${verdict}`, options, async () => {
    writeFileSync(home.at('message'), `Subject: ours ${name}\n\nx\n`)
    const args = [name, 's@ours.example', `joe@${name}`]
    const { stdout } = await startProgram(home, 'qmail-remote', { args, inputFile: home.at('message'), env: { DNSCACHEIP: dns?.server ?? '' } })
    assert.match(stdout, REPORT[verdict], `${stdout}\n${dns?.log()}`)
    if (verdict !== 'put off') assert.match(await until('it', () => arrived(`ours ${name}`)), / with ESMTPS /)
    else assert.equal(arrived(`ours ${name}`), undefined)
  })
}

/** Has somebody else's MTA, on this port, send to every domain; the verdicts by what its log says. */
const verdictsOf = async (
  who: string,
  port: number,
  log: () => string,
  patterns: Record<Verdict, (name: string) => RegExp>
): Promise<Record<string, Verdict>> => {
  const found: Record<string, Verdict> = {}
  for (const name of DOMAINS) await smtpSend(port, 'p@far.example', [`joe@${name}`], `Subject: ${who} ${name}\n\nx\n`)
  for (const name of DOMAINS) {
    found[name] = await until(
      () => `${name}; log:\n${log()}\n${dns?.log()}`,
      () => (['verified', 'opportunistic', 'put off'] as const).find((verdict) => patterns[verdict](name).test(log()))
    )
    if (found[name] !== 'put off') await until('it', () => arrived(`${who} ${name}`))
  }
  return found
}
const EXPECTED = Object.fromEntries(Object.entries(CASES).map(([name, { verdict }]) => [name, verdict]))
const quoted = (name: string): string => name.replaceAll('.', '\\.')

test('Postfix sends to us by DANE, as qmail-remote does', { ...options, skip: skip || (hasPostfix ? false : 'Postfix is not here') }, async () => {
  const etc = makeEtc()
  etc.askAt(dns?.server ?? '')
  cpSync('/etc/postfix', `${etc.path}/postfix`, { recursive: true })
  const port = await freePort()
  const more = `relayhost =
disable_dns_lookups = no
smtp_host_lookup = dns
smtp_dns_support_level = dnssec
smtp_tls_security_level = dane
smtp_tls_loglevel = 1
smtp_connection_cache_on_demand = no
smtp_destination_concurrency_limit = 1
`
  const postfix = startPostfix(port, 0, more, etc)
  const verdicts = await verdictsOf('postfix', port, postfix.log, {
    verified: (name) => new RegExp(`Verified TLS connection established to mx\\.${quoted(name)}\\[[^]*to=<joe@${quoted(name)}>[^\n]* status=sent`),
    opportunistic: (name) =>
      new RegExp(`(Untrusted|Anonymous|Trusted) TLS connection established to mx\\.${quoted(name)}\\[[^]*to=<joe@${quoted(name)}>[^\n]* status=sent`),
    'put off': (name) => new RegExp(`to=<joe@${quoted(name)}>[^\n]* status=deferred`)
  })
  assert.deepEqual(verdicts, EXPECTED, postfix.log())
})

test('Exim sends to us by DANE, as qmail-remote does', { ...options, skip: skip || noExim }, async () => {
  const exim = await startExim(await freePort(), { nameServer: dns?.server ?? '', anchor: dns?.anchor ?? '' })
  const verdicts = await verdictsOf('exim', exim.port, exim.log, {
    verified: (name) => new RegExp(` => joe@${quoted(name)} [^\n]* CV=dane `),
    opportunistic: (name) => new RegExp(` => joe@${quoted(name)} [^\n]* X=TLS\\S+ CV=no `),
    'put off': (name) => new RegExp(` == joe@${quoted(name)} `)
  })
  assert.deepEqual(verdicts, EXPECTED, exim.log())
})

/** What others, and qmail-tlspolicy, make of a host when asked, in the words above. */
const JUDGES: Record<string, { program: string; ask: (name: string) => Promise<{ text: string; verdict: Verdict }> }> = {
  danetool: {
    program: '/usr/bin/danetool',
    ask: async (name) => {
      // it looks at signatures itself, from the root's key at this place; and now and then leaves a file where it stands
      const command = `mount --bind /etc/unbound/root.key /usr/share/dns/root.key && cd /etc && exec danetool --check mx.${name} --port 25 --starttls-proto=smtp --local-dns`
      const { text } = await output('unshare', ['-m', '/bin/sh', '-c', `mount --bind ${etc?.path} /etc && ${command}`])
      if (/^Verification: Certificate matches/m.test(text)) return { text, verdict: 'verified' }
      return { text, verdict: /No (DANE data were|DNSSEC signature was) found/.test(text) ? 'opportunistic' : 'put off' }
    }
  },
  'posttls-finger': {
    program: '/usr/sbin/posttls-finger',
    ask: async (name) => {
      const command = `mount --bind ${etc?.path} /etc && exec posttls-finger -c -l dane -L summary,verbose '[mx.${name}]:25'`
      const { text } = await output('unshare', ['-m', '/bin/sh', '-c', command])
      if (/^posttls-finger: Verified TLS connection established/m.test(text)) return { text, verdict: 'verified' }
      const isEncrypted = /^posttls-finger: Untrusted TLS connection established/m.test(text) && !/DNSSEC-signed TLSA record/.test(text)
      return { text, verdict: isEncrypted ? 'opportunistic' : 'put off' }
    }
  },
  'qmail-tlspolicy': {
    program: home.at('bin', 'qmail-tlspolicy'),
    ask: async (name) => {
      const { exit, stdout } = await startProgram(home, 'qmail-tlspolicy', { args: ['-v', name], env: { DNSCACHEIP: dns?.server ?? '' } })
      const text = `${exit} ${stdout}`
      if (exit !== 0) return { text, verdict: 'put off' }
      return { text, verdict: /, dane\.\n$/.test(stdout) ? 'verified' : 'opportunistic' }
    }
  }
}
const etc = skip ? undefined : makeEtc()
etc?.askAt(dns?.server ?? '', dns?.anchor)
if (etc) mkdirSync(`${etc.path}/postfix`)
etc?.lay('postfix/main.cf', 'compatibility_level = 3.6\nsmtp_dns_support_level = dnssec\n')

for (const [judge, { program, ask }] of Object.entries(JUDGES)) {
  const needs = judge === 'danetool' ? [program, '/usr/share/dns/root.key'] : [program]
  const missing = needs.filter((file) => !existsSync(file))
  test(`${judge} says the same of every host as qmail-remote`, {
    ...options,
    skip: skip || (missing.length > 0 && `not installed: ${missing.join(', ')}`)
  }, async () => {
    for (const [name, { what, verdict }] of Object.entries(CASES)) {
      // danetool cannot tell what was taken away from what never was
      const expected = judge === 'danetool' && name === 'stripped.example' ? 'opportunistic' : verdict
      const found = await ask(name)
      assert.equal(found.verdict, expected, `${what}: ${found.text}`)
    }
  })
}
