import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { DnsCache } from '../../../src/net/dns-cache.ts'
import { resolvConfServers, trustedServers } from '../../../src/net/dns-servers.ts'
import { resolverAt, secureResolver } from '../../../src/net/secure-dns.ts'
import { dnsZone } from '../../helpers/dns-zone.ts'

const zone = await dnsZone({
  '': { secure: true },
  'safe.t': { mx: [[10, 'MX.safe.t']], a: ['10.0.0.1', '10.0.0.2'], aaaa: ['2001:db8::1'], secure: true },
  'plain.t': { a: ['10.0.0.3'] },
  'alias.t': { cname: 'safe.t', secure: true },
  'half.t': { cname: 'plain.t', secure: true },
  'empty.t': { secure: true },
  'fail.t': { rcode: 2 },
  'many.t': { tlsa: Array.from({ length: 30 }, (_, n) => `3 1 1 ${String(n).padStart(64, '0')}`), secure: true }
})
const server = (at: string) => ({ ip: '127.0.0.1', port: Number(at.split(':')[1]) })
const resolver = resolverAt([server(zone.server)])

/** A server that answers each question with what this makes of it, and what it was asked. */
const strange = async (answer: (question: Buffer) => Buffer[]) => {
  const socket = createSocket('udp4')
  socket.on('message', (question, peer) => {
    for (const bytes of answer(question)) socket.send(bytes, peer.port, peer.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  after(() => socket.close())
  return { ip: '127.0.0.1', port: socket.address().port }
}
const refusing = await strange((question) => {
  const reply = Buffer.from(question)
  reply.writeUInt16BE(0x8185, 2)
  return [reply]
})

test('answers say what DNSSEC vouches for, and by which name at the end of aliases', async () => {
  assert.deepEqual(await resolver.mx('safe.t'), { kind: 'ok', records: [{ preference: 10, exchange: 'mx.safe.t' }], secureName: 'safe.t' })
  assert.deepEqual(await resolver.a('Alias.T.'), { kind: 'ok', records: ['10.0.0.1', '10.0.0.2'], secureName: 'safe.t' })
  assert.deepEqual(await resolver.aaaa('safe.t'), { kind: 'ok', records: ['2001:db8::1'], secureName: 'safe.t' })
  assert.deepEqual(await resolver.a('half.t'), { kind: 'ok', records: ['10.0.0.3'] })
  assert.deepEqual(await resolver.tlsa('empty.t'), { kind: 'none', secureName: 'empty.t' })
  assert.deepEqual(await resolver.tlsa('nowhere.t'), { kind: 'none' })
  assert.deepEqual(await resolver.a('fail.t'), { kind: 'temporary' })
})

test('answers are kept for as long as they live, five seconds to an hour, with what DNSSEC vouches for; those asked for at once are asked once', async () => {
  const names = {
    'short.t': { a: ['10.0.0.1'], ttl: 0, secure: true },
    'minute.t': { a: ['10.0.0.2'], ttl: 60, secure: true },
    'long.t': { a: ['10.0.0.3'], ttl: 1_000_000 },
    'none.t': { soa: [300, 30] as [number, number], secure: true },
    'never.t': { rcode: 3, soa: [20, 900] as [number, number] },
    'mute.t': {},
    'fail.t': { rcode: 2 },
    'large.t': { tlsa: Array.from({ length: 150 }, (_, n) => `3 1 1 ${String(n).padStart(64, '0')}`), ttl: 60 }
  }
  const { server: at, questions } = await dnsZone(names)
  let seconds = 0
  const kept = resolverAt([server(at)], new DnsCache(() => seconds * 1000))
  /** How often a name is asked for at these seconds. */
  const asked = async (name: string, ...moments: number[]): Promise<number> => {
    questions.length = 0
    const first = seconds
    for (const moment of moments) {
      seconds = first + moment
      await kept.a(name)
    }
    return questions.length
  }
  assert.equal(await asked('short.t', 0, 4, 5.1), 2)
  assert.equal(await asked('minute.t', 0, 59, 61, 120), 2)
  assert.equal(await asked('Minute.T.', 0), 0, 'it is the same name')
  assert.equal(await asked('long.t', 0, 3599, 3601), 2)
  assert.equal(await asked('none.t', 0, 29, 31), 2)
  assert.equal(await asked('never.t', 0, 19, 21), 2)
  assert.equal(await asked('mute.t', 0, 1), 2, 'for how long it does not exist, nobody says')
  assert.equal(await asked('fail.t', 0, 1), 2, 'trouble is not kept')
  assert.deepEqual(await kept.a('minute.t'), await kept.a('minute.t'))
  assert.deepEqual(await kept.a('minute.t'), { kind: 'ok', records: ['10.0.0.2'], secureName: 'minute.t' })
  assert.deepEqual(await kept.a('none.t'), { kind: 'none', secureName: 'none.t' })
  questions.length = 0
  assert.equal(((await kept.tlsa('large.t')) as { records: unknown[] }).records.length, 150)
  await kept.tlsa('large.t')
  assert.deepEqual(questions, ['TLSA large.t', 'TLSA large.t tcp', 'TLSA large.t', 'TLSA large.t tcp'], 'what is large is not kept')
  seconds += 10_000
  questions.length = 0
  await Promise.all([kept.a('minute.t'), kept.a('MINUTE.t'), kept.mx('minute.t')])
  assert.deepEqual(questions.toSorted(), ['A minute.t', 'MX minute.t'])
})

test('no more than 4,096 names are kept: those not asked for the longest go', async () => {
  const cache = new DnsCache(() => 0)
  let count = 0
  const get = async (key: string): Promise<void> => {
    await cache.get(key, () => {
      count++
      return Promise.resolve({ answer: { kind: 'ok', records: [key] }, ttlSeconds: 60 })
    })
  }
  for (let n = 0; n < 4096; n++) await get(String(n))
  await get('0')
  assert.equal(count, 4096)
  await get('one more') // in the place of 1
  await get('0')
  assert.equal(count, 4097)
  await get('1')
  assert.equal(count, 4098)
})

test('what does not fit into a packet is asked for by TCP', async () => {
  const answer = await resolver.tlsa('many.t')
  assert.equal(answer.kind === 'ok' && answer.records.length, 30)
  assert.deepEqual(zone.questions.slice(-2), ['TLSA many.t', 'TLSA many.t tcp'])
})

test('aliases without an end are trouble; names that cannot be asked for do not exist', async () => {
  const circle = await strange((question) => {
    const [head, body] = [Buffer.from(question.subarray(0, 12)), question.subarray(12, -11)]
    head.writeUInt16BE(0x8180, 2)
    head.writeUInt32BE(0x00010001, 4)
    head.writeUInt32BE(0, 8)
    return [Buffer.concat([head, body, Buffer.from('c00c00050001000000010002c00c', 'hex')])]
  })
  assert.deepEqual(await resolverAt([circle]).a('round.t'), { kind: 'temporary' })
  const before = zone.questions.length
  for (const odd of ['', '.', 'a b.t', '\xe9.t', 'a..t', 'a\\046.t', `${'x'.repeat(64)}.t`, 'x.'.repeat(128)])
    assert.deepEqual(await resolver.a(odd), { kind: 'none' }, odd)
  assert.equal(zone.questions.length, before)
})

test('a server that refuses is followed by the next one; one that does not know EDNS is asked without it', async () => {
  assert.deepEqual(await resolverAt([refusing, server(zone.server)]).a('plain.t'), { kind: 'ok', records: ['10.0.0.3'] })
  assert.deepEqual(await resolverAt([refusing]).a('plain.t'), { kind: 'temporary' })
  const seen: number[] = []
  const old = await strange((question) => {
    seen.push(question.readUInt16BE(10))
    const reply = Buffer.from(question)
    reply.writeUInt16BE(question.readUInt16BE(10) === 1 ? 0x8181 : 0x8183, 2)
    return [reply]
  })
  assert.deepEqual(await resolverAt([old]).a('plain.t'), { kind: 'none' })
  assert.deepEqual(seen, [1, 0])
})

test('a packet with another id, or from elsewhere, is not the answer; one that makes no sense is not believed', async () => {
  const liar = await strange((question) => {
    const forged = Buffer.from(question)
    forged.writeUInt16BE(question.readUInt16BE(0) ^ 1, 0)
    forged.writeUInt16BE(0x81a3, 2)
    const real = Buffer.from(question)
    real.writeUInt16BE(0x8183, 2)
    return [forged, real]
  })
  assert.deepEqual(await resolverAt([liar]).a('plain.t'), { kind: 'none' })
  const other = await strange((question) => {
    const reply = Buffer.from(question)
    reply.writeUInt16BE(0x8183, 2)
    reply.writeUInt8(0x78, 13) // another name
    return [reply]
  })
  assert.deepEqual(await resolverAt([other]).a('plain.t'), { kind: 'temporary' })
})

test('servers are trusted on this host, by resolv.conf, or by name, and all of them or none', () => {
  const trusted = (at: string, ...also: string[]) => trustedServers({ DNSCACHEIP: at }, also) !== undefined
  assert.deepEqual(trustedServers({ DNSCACHEIP: '127.0.0.1:5353' }, []), [{ ip: '127.0.0.1', port: 5353 }])
  assert.ok(trusted('127.0.0.53') && !trusted('192.0.2.1') && trusted('192.0.2.1', '192.0.2.1') && !trusted('127.0.0.1.192.0.2.1'))
  assert.deepEqual(resolvConfServers('# x\nnameserver 192.0.2.1\nnameserver ::1 \nnameserver x\noptions edns0 trust-ad\n'), {
    servers: [
      { ip: '192.0.2.1', port: 53 },
      { ip: '::1', port: 53 }
    ],
    isTrusted: true
  })
  assert.equal(resolvConfServers('nameserver 192.0.2.1\n#options trust-ad\noptions edns0\n').isTrusted, false)
})

test('a server that answers about the root without DNSSEC is not used; one that cannot answer that is', async () => {
  const blind = await dnsZone({ '': {} })
  const dumb = await dnsZone({ '': { rcode: 2 } })
  assert.equal(await secureResolver({ DNSCACHEIP: blind.server })([]), undefined)
  assert.notEqual(await secureResolver({ DNSCACHEIP: dumb.server })([]), undefined)
  assert.notEqual(await secureResolver({ DNSCACHEIP: zone.server })([]), undefined)
})
