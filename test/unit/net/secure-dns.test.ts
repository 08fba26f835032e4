import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, test } from 'node:test'
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
