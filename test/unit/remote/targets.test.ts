import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemResolver } from '../../../src/net/dns.ts'
import { NoTarget, targetsOf } from '../../../src/remote/targets.ts'
import { dnsZone } from '../../helpers/dns-zone.ts'

const SELF = '10.9.9.9'
const { server, questions } = await dnsZone({
  'two.t': { mx: [[20, 'other.t'], [10, 'both.t']] }, // biome-ignore format: one line a name
  'both.t': { a: ['10.0.0.1', '10.0.0.2'] },
  'other.t': { a: ['10.0.0.3'] },
  'self.t': { a: [SELF] },
  'bare.t': { a: ['10.0.0.4'] },
  'alias.t': { cname: 'bare.t' },
  'empty.t': {},
  'best.t': { mx: [[10, 'self.t'], [20, 'other.t']] }, // biome-ignore format: one line a name
  'backup.t': { mx: [[5, 'other.t'], [10, 'self.t'], [10, 'both.t']] }, // biome-ignore format: one line a name
  'null.t': { mx: [[0, '']] },
  'nx.t': { mx: [[1, 'nowhere.t']] },
  'fail.t': { rcode: 2 },
  'refused.t': { rcode: 5 },
  'half.t': { mx: [[1, 'fail.t'], [2, 'other.t']] }, // biome-ignore format: one line a name
  'softonly.t': { mx: [[1, 'fail.t'], [2, 'nowhere.t']] }, // biome-ignore format: one line a name
  'literal.t': { mx: [[30, '10.0.0.7'], [5, 'other.t']] }, // biome-ignore format: one line a name
  'equal.t': { mx: [[1, 'both.t'], [1, 'other.t']] }, // biome-ignore format: one line a name
  'odd.t': { mx: [[1, 'both.t'], [2, 'o,dd.t']] }, // biome-ignore format: one line a name
  'o,dd.t': { a: ['10.0.0.9'] },
  'twice.t': { mx: [[7, 'BOTH.t'], [7, 'other.t'], [9, 'both.t']] }, // biome-ignore format: one line a name
  'big.t': { mx: Array.from({ length: 200 }, (_, n): [number, string] => [n, `a-rather-long-name-for-an-exchanger-${n}.big.t`]) },
  'a-rather-long-name-for-an-exchanger-199.big.t': { a: ['10.0.0.8'] }
})
const resolver = systemResolver({ DNSCACHEIP: server })
const targets = async (host: string): Promise<string[]> =>
  (await targetsOf(host, undefined, resolver, { addresses: new Set(['0.0.0.0', SELF]), name: 'us.t', families: [4] })).map(({ ip, port }) =>
    port === 25 ? ip : `${ip}:${port}`
  )
const refusal = async (host: string): Promise<string> => {
  try {
    return String(await targets(host))
  } catch (error) {
    if (!(error instanceof NoTarget)) throw error
    return `${error.report.charAt(0)}${/#\d\.\d\.\d+/.exec(error.report)}`
  }
}

test('exchangers are tried by preference, the addresses of one in the order of the answer', async () => {
  assert.deepEqual(await targets('two.t'), ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
})

test('without exchangers the host itself is one, through an alias too', async () => {
  assert.deepEqual(await targets('bare.t'), ['10.0.0.4'])
  assert.deepEqual(await targets('alias.t'), ['10.0.0.4'])
})

test('an address literal needs no DNS', async () => {
  const before = questions.length
  assert.deepEqual(await targets('[10.0.0.5]'), ['10.0.0.5'])
  assert.deepEqual(await targets('10.0.0.5'), ['10.0.0.5'])
  assert.equal(questions.length, before)
})

test('an exchanger that is an address literal counts as preference 0', async () => {
  assert.deepEqual(await targets('literal.t'), ['10.0.0.7', '10.0.0.3'])
})

test('only exchangers better than ourselves are tried', async () => {
  assert.deepEqual(await targets('backup.t'), ['10.0.0.3'])
  assert.equal(await refusal('best.t'), 'D#5.4.6')
  assert.equal(await refusal('self.t'), 'D#5.4.6')
  assert.equal(await refusal('[0.0.0.0]'), 'D#5.4.6')
})

test('equal exchangers are tried in random order', async () => {
  const orders = new Set<string>()
  for (let n = 0; n < 200 && orders.size < 2; n++) orders.add(String(await targets('equal.t')))
  assert.deepEqual([...orders].sort(), ['10.0.0.1,10.0.0.2,10.0.0.3', '10.0.0.3,10.0.0.1,10.0.0.2'])
})

test('a name that does not exist, or has no address, is a permanent failure', async () => {
  assert.equal(await refusal('nowhere.t'), 'D#5.1.2')
  assert.equal(await refusal('empty.t'), 'D#5.1.2')
  for (const odd of ['', '.', 'a b.t', '\xe9.t', 'a..t', `${'x'.repeat(64)}.t`]) assert.equal(await refusal(odd), 'D#5.1.2', JSON.stringify(odd))
})

test('exchangers without any address are a permanent failure; a null MX is one of its own', async () => {
  assert.equal(await refusal('null.t'), 'D#5.1.10')
  assert.equal(await refusal('nx.t'), 'D#5.4.4')
})

test('a name server in trouble is a temporary failure', async () => {
  assert.equal(await refusal('fail.t'), 'Z#4.1.2')
  assert.equal(await refusal('refused.t'), 'Z#4.1.2')
  assert.equal(await refusal('softonly.t'), 'Z#4.1.2')
  assert.deepEqual(await targets('half.t'), ['10.0.0.3'])
})

test('an answer too long for UDP is asked for again by TCP', async () => {
  assert.deepEqual(await targets('big.t'), ['10.0.0.8'])
  assert.ok(questions.includes('MX big.t tcp'))
})

test('a route is connected to by its own addresses and port, even if they are ours', async () => {
  const of = (relay: string) =>
    targetsOf('two.t', { relay, port: 26, credentials: undefined }, resolver, { addresses: new Set([SELF]), name: undefined, families: [4] })
  assert.deepEqual(await of('both.t'), [{ ip: '10.0.0.1', port: 26, host: 'both.t' }, { ip: '10.0.0.2', port: 26, host: 'both.t' }]) // biome-ignore format: one line
  assert.deepEqual(await of('self.t'), [{ ip: SELF, port: 26, host: 'self.t' }])
  assert.deepEqual(await of('[10.0.0.6]'), [{ ip: '10.0.0.6', port: 26, host: '[10.0.0.6]' }])
  await assert.rejects(of('nowhere.t'), NoTarget)
  await assert.rejects(of('best.t'), NoTarget)
})

test('each address tells the names of all exchangers there are, in one way for each set; none where one is no plain name, or they are very many', async () => {
  const names = async (host: string): Promise<(string | undefined)[]> => {
    const found = await targetsOf(host, undefined, resolver, { addresses: new Set([SELF]), name: undefined, families: [4] })
    return [...new Set(found.map(({ exchangers }) => exchangers))]
  }
  for (const host of ['two.t', 'equal.t', 'twice.t']) assert.deepEqual(await names(host), ['both.t,other.t'], host)
  assert.deepEqual(await names('backup.t'), ['both.t,other.t,self.t'], 'those behind us, too')
  assert.deepEqual(await names('half.t'), ['fail.t,other.t'], 'those without addresses, too')
  for (const host of ['bare.t', '[10.0.0.5]', 'literal.t', 'odd.t', 'big.t']) assert.deepEqual(await names(host), [undefined], host)
})
