import type { X509Certificate } from 'node:crypto'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Usage } from '../core/failure.ts'
import type { Context } from '../core/run.ts'
import { aLabels } from '../format/unicode/a-labels.ts'
import { ConnectionDied, connectTo } from '../net/client.ts'
import { trustedServers } from '../net/dns-servers.ts'
import type { Resolvers, SecureResolver, Tlsa } from '../net/secure-dns.ts'
import type { TlsPeer } from '../net/tls-peer.ts'
import { tlsaNames } from './dane.ts'
import { ruledTls, SMTPS_PORT, tlsWith } from './host-tls.ts'
import { type Manner, Opening } from './opening.ts'
import type { Tls } from './secure.ts'
import { readSettings, routeOf, type Settings } from './settings.ts'
import { NoTarget, ownFor, type Target, targetsOf } from './targets.ts'
import { isMeant, usableRecords } from './tlsa.ts'

/** What became of a host: mail would go there, would not, or that cannot be told. */
type Verdict = 'would' | 'would not' | 'unknown'

const WOULD_NOT = 1
const EXITS = { would: Exit.ok, 'would not': WOULD_NOT, unknown: Exit.temporary } as const

type Say = (line: Bytes) => void

/** A report of qmail-remote without its letter, in one line. */
const inWords = (report: Bytes): Bytes => report.slice(1).replace(/\0/g, '').trim().replace(/\n/g, ' ')

const tlsaText = ({ usage, selector, matching, data }: Tlsa): Bytes => `${usage} ${selector} ${matching} ${data.toString('hex')}`

/** Why there is, or is no DANE at all. */
const daneLine = (settings: Settings, resolver: SecureResolver | undefined, env: Context['env']): Bytes => {
  if (settings.tls === undefined) return 'TLS is not spoken: none of control/esmtp, tlsdestinations, tlsclientciphers, tlshosts and notlshosts is there'
  if (settings.dane === undefined) return 'DANE is off: control/dane'
  const servers = trustedServers(env, settings.dane.trusted)
  if (servers === undefined) return 'DANE is off: not all name servers are on this host, in control/dnssectrust, or trusted by /etc/resolv.conf'
  const names = servers.map(({ ip }) => ip).join(' ')
  return resolver ? `DANE is on, by the name server ${names}` : `DANE is off: the name server ${names} does not look at DNSSEC`
}

const vouchedFor = ({ secure }: Target): Bytes => {
  if (secure === undefined) return 'DNSSEC does not vouch for its address'
  return secure.domains.length === 0 ? 'DNSSEC vouches for its address, not for the MX records' : 'DNSSEC vouches for it'
}

/** The TLSA records of a host, each with what it is worth. */
const sayRecords = async (say: Say, target: Target, settings: Settings, resolver: SecureResolver): Promise<void> => {
  for (const { name } of settings.dane ? tlsaNames(target, settings.dane) : []) {
    const answer = await resolver.tlsa(name)
    if (answer.kind !== 'ok') {
      say(`  ${name}: ${answer.kind === 'none' ? 'no TLSA records' : 'no answer'}`)
      continue
    }
    const usable = usableRecords(answer.records)
    const worth = (record: Tlsa): Bytes =>
      answer.secureName === undefined ? 'DNSSEC does not vouch for it' : usable.includes(record) ? 'counts' : 'does not count'
    for (const record of answer.records) say(`  ${name}: ${tlsaText(record)}: ${worth(record)}`)
    if (answer.secureName !== undefined) return
  }
}

const policyText = (tls: Tls | undefined): Bytes => {
  if (tls === undefined) return 'none'
  return tls.policy.source === '' ? tls.policy.level : `${tls.policy.level}, by ${tls.policy.source}`
}

const sayCertificate = (say: Say, certificate: X509Certificate, records: readonly Tlsa[]): void => {
  const names = certificate.subjectAltName ?? certificate.subject.replaceAll('\n', ', ')
  say(`  certificate: ${names}; until ${certificate.validToDate.toISOString().slice(0, 10)}; by ${certificate.issuer.replaceAll('\n', ', ')}`)
  for (const record of records.filter((one) => isMeant(one, certificate.raw))) say(`    is meant by ${tlsaText(record)}`)
}

const sayChain = (say: Say, peer: TlsPeer, tls: Tls | undefined): void => {
  for (const certificate of peer.chain()) sayCertificate(say, certificate, tls?.policy.dane?.records ?? [])
}

/** Connects as for a delivery, and leaves before there is one. */
const meet = async (say: Say, target: Target, settings: Settings, manner: Manner): Promise<Verdict> => {
  const connection = await connectTo(target.ip, target.port, settings.connectSeconds, settings.outgoingIp)
  if (typeof connection === 'string') {
    say(`  no connection: ${connection}`)
    return 'unknown'
  }
  connection.limit(settings.talkSeconds)
  const opening = new Opening(connection, target.ip, settings, manner)
  try {
    const refusal = await opening.enter()
    if (opening.retry) {
      connection.abort()
      return await meet(say, target, settings, opening.retry)
    }
    if (opening.secured) sayChain(say, opening.secured, manner.tls)
    say(`  ${refusal === undefined ? opening.tlsLine.trim() || 'no TLS' : inWords(refusal)}`)
    await connection.close('QUIT\r\n')
    return refusal === undefined ? 'would' : /\(#4\.7\.[45]\)\n/.test(refusal) ? 'would not' : 'unknown'
  } catch (error) {
    connection.abort()
    if (!(error instanceof ConnectionDied)) throw error
    say('  the connection died')
    return 'unknown'
  }
}

/** One address of one host. */
const examine = async (say: Say, home: string, destination: Bytes, target: Target, settings: Settings, secure: SecureResolver | undefined, meets: boolean) => {
  say(`${target.host} ${target.ip} port ${target.port}${secure ? `: ${vouchedFor(target)}` : ''}`)
  if (secure && ruledTls(home, destination, target, settings)?.policy.level === 'opportunistic') await sayRecords(say, target, settings, secure)
  const tls = await tlsWith(home, destination, target, settings, secure, { demand: 'nothing', isWaived: async () => false })
  if (typeof tls === 'string') {
    say(`  ${inWords(tls)}`)
    return 'would not'
  }
  say(`  policy: ${policyText(tls)}`)
  return meets ? meet(say, target, settings, { tls, isTlsAtOnce: target.port === SMTPS_PORT, credentials: undefined }) : 'would'
}

/** The best of all hosts is what would happen. */
const best = (verdicts: readonly Verdict[]): Verdict => (['would', 'would not', 'unknown'] as const).find((one) => verdicts.includes(one)) ?? 'unknown'

/** Says what TLS would be for mail to a domain (spec modern.md 3.10), a line at a time. The exit code: 0 mail would go, 1 it would not, 111 cannot tell. Throws Usage, Temporary. */
export const tlsPolicy = async ({ home, args, env }: Context, resolvers: Resolvers, print: Say): Promise<number> => {
  const meets = args[0] === '-v'
  const [given, ...more] = meets ? args.slice(1) : args
  const domain = given && (aLabels(given) ?? given)
  if (domain === undefined || domain === '' || domain.startsWith('-') || more.length > 0) throw new Usage('qmail-tlspolicy: usage: qmail-tlspolicy [-v] domain')
  const say: Say = (line) => print(`${line.replace(/[^ -~]/g, '?')}\n`)
  const settings = readSettings(home)
  const route = routeOf(domain, settings.routes)
  const secure = settings.dane && (await resolvers.secure(settings.dane.trusted))
  say(daneLine(settings, secure, env))
  if (route) say(`control/smtproutes: ${route.relay} port ${route.port}`)
  try {
    const verdicts: Verdict[] = []
    for (const target of await targetsOf(domain, route, secure ?? resolvers.plain, ownFor(settings)))
      verdicts.push(await examine(say, home, route?.relay ?? domain, target, settings, secure, meets))
    return EXITS[best(verdicts)]
  } catch (error) {
    if (!(error instanceof NoTarget)) throw error
    say(inWords(error.report))
    return error.report.startsWith('D') ? WOULD_NOT : Exit.temporary
  }
}
