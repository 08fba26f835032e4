import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, Resolver } from '../../../src/net/dns.ts'
import { NoTarget, type Own, targetsOf } from '../../../src/remote/targets.ts'

const records: Record<string, { mx?: [number, string][]; a?: string[]; aaaa?: string[]; aaaaFails?: boolean }> = {
  'both.t': { a: ['10.0.0.1'], aaaa: ['2001:db8::1'] },
  'six.t': { aaaa: ['2001:db8::6'] },
  'half.t': { a: ['10.0.0.2'], aaaaFails: true },
  'soft.t': { aaaaFails: true },
  'mx.t': { mx: [[10, 'six.t'], [20, 'both.t']] }, // biome-ignore format: one line a name
  'named.t': { mx: [[10, 'both.t'], [20, 'US.T'], [30, 'six.t']] }, // biome-ignore format: one line a name
  'us.t': { a: ['10.0.0.9'] }
}
const given = <T>(list: T[] | undefined): Answer<T> => (list ? { kind: 'ok', records: list } : { kind: 'none' })
const resolver: Resolver = {
  mx: async (name) => given(records[name.toLowerCase()]?.mx?.map(([preference, exchange]) => ({ preference, exchange }))),
  a: async (name) => given(records[name.toLowerCase()]?.a),
  aaaa: async (name) => (records[name.toLowerCase()]?.aaaaFails ? { kind: 'temporary' } : given(records[name.toLowerCase()]?.aaaa))
}
const own = (over: Partial<Own> = {}): Own => ({ addresses: new Set(), name: undefined, families: [4, 6], ...over })
const targets = async (host: string, who = own()): Promise<string[]> => (await targetsOf(host, undefined, resolver, who)).map(({ ip }) => ip)
const refusal = (host: string, who = own()): Promise<string | undefined> =>
  targets(host, who).then(String, (error: unknown) => (error instanceof NoTarget ? /#\d\.\d\.\d+/.exec(error.report)?.[0] : String(error)))

test('A records, then AAAA records; one kind may fail when there are others', async () => {
  assert.deepEqual(await targets('both.t'), ['10.0.0.1', '2001:db8::1'])
  assert.deepEqual(await targets('mx.t'), ['2001:db8::6', '10.0.0.1', '2001:db8::1'])
  assert.deepEqual(await targets('half.t'), ['10.0.0.2'])
  assert.equal(await refusal('soft.t'), '#4.1.2')
})

test('kinds of addresses that cannot be reached are not asked for', async () => {
  assert.deepEqual(await targets('both.t', own({ families: [4] })), ['10.0.0.1'])
  assert.equal(await refusal('six.t', own({ families: [4] })), '#5.1.2')
})

test('literals of IPv6 addresses, with and without their tag', async () => {
  assert.deepEqual(await targets('[IPv6:2001:DB8::7]'), ['2001:db8::7'])
  assert.deepEqual(await targets('[::1]'), ['::1'])
  assert.equal(await refusal('[IPv6:nonsense]'), '#5.1.2')
})

test('an exchanger with our name is us, as one with our address is: it and all that are no better are left out', async () => {
  assert.deepEqual(await targets('named.t', own({ name: 'us.t' })), ['10.0.0.1', '2001:db8::1'])
  assert.equal(await refusal('named.t', own({ name: 'us.t', addresses: new Set(['2001:db8::1']) })), '#5.4.6')
  assert.equal(await refusal('six.t', own({ addresses: new Set(['2001:db8::6']) })), '#5.4.6')
})
