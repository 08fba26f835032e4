import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resolver } from '../../../src/net/dns.ts'
import { resolverAt } from '../../../src/net/secure-dns.ts'
import { daneFor } from '../../../src/remote/dane.ts'
import type { DaneSettings } from '../../../src/remote/dane-settings.ts'
import { type Target, targetsOf } from '../../../src/remote/targets.ts'
import { dnsZone } from '../../helpers/dns-zone.ts'

const RECORD = `3 1 1 ${'0'.repeat(64)}`
const { server, questions } = await dnsZone({
  'safe.t': { mx: [[10, 'mx.safe.t'], [20, 'mx.loose.t'], [30, 'alias.safe.t']], secure: true }, // biome-ignore format: one line a name
  'mx.safe.t': { a: ['10.0.0.1'], secure: true },
  '_25._tcp.mx.safe.t': { tlsa: [RECORD], secure: true },
  'mx.loose.t': { a: ['10.0.0.2'] },
  '_25._tcp.mx.loose.t': { tlsa: [RECORD], secure: true },
  'alias.safe.t': { cname: 'end.safe.t', secure: true },
  'end.safe.t': { a: ['10.0.0.3'], secure: true },
  '_25._tcp.end.safe.t': { rcode: 2 },
  'loose.t': { mx: [[10, 'mx.safe.t']] },
  'bare.t': { a: ['10.0.0.4'], secure: true },
  '_25._tcp.bare.t': { tlsa: [RECORD], secure: true },
  'name.t': { cname: 'safe.t', secure: true }
})
const resolver = resolverAt([{ ip: '127.0.0.1', port: Number(server.split(':')[1]) }])
const OWN = { addresses: new Set<string>(), name: undefined, families: [4] as const }
const settings: DaneSettings = { trusted: [], usesInsecureMx: false, required: undefined }
const targets = (domain: string, by: Resolver = resolver): Promise<Target[]> => targetsOf(domain, undefined, by, OWN)
/** What DANE says of each host of a domain, in order. */
const verdicts = async (domain: string, given = settings): Promise<string[]> => {
  const found = await Promise.all((await targets(domain)).map((target) => daneFor(resolver, domain, target, given)))
  return found.map((verdict) => `${verdict.level}${verdict.level === 'dane' ? ` ${verdict.demand.names.join(' ')}` : ''}`)
}

test('each exchanger of a secure domain is judged by itself; an insecure one is not asked about', async () => {
  assert.deepEqual(await verdicts('safe.t'), ['dane mx.safe.t safe.t', 'none', 'unusable'])
  assert.ok(!questions.includes('TLSA _25._tcp.mx.loose.t'))
  assert.ok(!questions.includes('TLSA _25._tcp.alias.safe.t'), 'the name at the end of an alias comes first')
})

test('a domain that is an alias, or its own host, lends its names too', async () => {
  assert.equal((await verdicts('name.t'))[0], 'dane mx.safe.t name.t safe.t')
  assert.deepEqual(await verdicts('Bare.t'), ['dane bare.t'])
})

test('exchangers that DNSSEC does not vouch for count only with control/daneinsecuremx, and not with the name of the domain', async () => {
  assert.deepEqual(await verdicts('loose.t'), ['none'])
  assert.deepEqual(await verdicts('loose.t', { ...settings, usesInsecureMx: true }), ['dane mx.safe.t'])
})

test('domains that are to get mail by DANE alone, and those below them', async () => {
  assert.deepEqual(await verdicts('loose.t', { ...settings, required: [] }), ['unusable'])
  assert.deepEqual(await verdicts('loose.t', { ...settings, required: ['t'] }), ['unusable'])
  assert.deepEqual(await verdicts('loose.t', { ...settings, required: ['oose.t', '.x.t'] }), ['none'])
})
