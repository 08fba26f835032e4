import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ProxyHeader, parseProxyHeader } from '../../../src/net/proxy-header.ts'

/** Reads as its callers do: just as many bytes as are asked for; what came of it, and how many bytes were taken. */
const read = (text: string | Buffer): { header: ProxyHeader; taken: number } => {
  const all = typeof text === 'string' ? Buffer.from(text, 'latin1') : text
  let taken = 0
  for (;;) {
    const header = parseProxyHeader(all.subarray(0, taken))
    if (header.kind !== 'more' || taken === all.length) return { header, taken }
    assert.ok(header.bytes > taken)
    taken = Math.min(header.bytes, all.length)
  }
}

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n'
const v2 = (command: number, family: number, data: string): Buffer => {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(data.length / 2)
  return Buffer.concat([Buffer.from(SIGNATURE, 'latin1'), Buffer.of(0x20 | command, family), length, Buffer.from(data, 'hex')])
}
const V4 = 'c0000207cb0071010fa00019'
const V6 = '20010db8000000000000000000000001fe8000000000000000000000000000010fa00019'

test('version 1: addresses and ports, not a byte too many', () => {
  const line = 'PROXY TCP4 192.0.2.7 203.0.113.1 4000 25\r\n'
  const ends = { remoteIp: '192.0.2.7', remotePort: 4000, localIp: '203.0.113.1', localPort: 25 }
  assert.deepEqual(read(`${line}EHLO`), { header: { kind: 'ok', ends }, taken: line.length })
  const long = `PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}fffe 65535 65535\r\n`
  assert.equal(read(`${long}x`).taken, long.length)
  assert.deepEqual(read('PROXY UNKNOWN\r\nQUIT\r\n'), { header: { kind: 'ok', ends: undefined }, taken: 15 })
  assert.deepEqual(read('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nx').header, { kind: 'ok', ends: undefined })
})

test('version 2: addresses and ports, extensions passed over, not a byte too many', () => {
  const ends = { remoteIp: '192.0.2.7', remotePort: 4000, localIp: '203.0.113.1', localPort: 25 }
  const header = v2(1, 0x11, `${V4}030004a1b2c3d4`)
  assert.deepEqual(read(Buffer.concat([header, Buffer.from('EHLO')])), { header: { kind: 'ok', ends }, taken: header.length })
  assert.deepEqual(read(v2(1, 0x21, V6)).header, { kind: 'ok', ends: { remoteIp: '2001:db8::1', remotePort: 4000, localIp: 'fe80::1', localPort: 25 } })
  for (const local of [v2(0, 0, ''), v2(0, 0x11, V4), v2(1, 0, ''), v2(1, 0x12, V4), v2(1, 0x31, '00'.repeat(216))])
    assert.deepEqual(read(local), { header: { kind: 'ok', ends: undefined }, taken: local.length })
})

test('an unfinished header asks for more, at every length', () => {
  for (const header of [Buffer.from('PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n'), v2(1, 0x11, V4)])
    for (let length = 0; length < header.length; length++) {
      const judged = parseProxyHeader(header.subarray(0, length))
      assert.ok(judged.kind === 'more' && judged.bytes > length && judged.bytes <= header.length, String(length))
    }
})

test('anything else is bad', () => {
  const bad: (string | Buffer)[] = [
    'EHLO x\r\n',
    'proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n',
    'PROXY TCP4 ::1 ::1 1 2\r\n',
    'PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n',
    'PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n',
    `PROXY TCP4 ${'1'.repeat(120)}`,
    v2(1, 0x11, V4.slice(0, 20)),
    v2(2, 0x11, V4),
    Buffer.concat([Buffer.from(`${SIGNATURE}\x11\x11\0\x0c`, 'latin1'), Buffer.from(V4, 'hex')]),
    Buffer.from(`${SIGNATURE}\x21\x11\xff\xff`, 'latin1')
  ]
  for (const text of bad) assert.equal(read(text).header.kind, 'bad', JSON.stringify(text.toString('latin1')))
})
