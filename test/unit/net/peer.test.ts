import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressesOf, tcpVariables } from '../../../src/net/peer.ts'

const ends = { localIp: '127.0.0.1', localPort: 25, remoteIp: '192.0.2.7', remotePort: 4000 }
const nobody = { localHost: undefined, remoteHost: undefined, remoteInfo: undefined }

test('names nobody knows are unset, not empty', () => {
  const variables = tcpVariables(ends, nobody)
  assert.equal(variables.PROTO, 'TCP')
  assert.ok('TCPREMOTEHOST' in variables && variables.TCPREMOTEHOST === undefined)
  assert.ok(!Object.keys(variables).some((name) => name.startsWith('TCP6')))
})

test('an IPv6 peer is known by both sets of variables, a mapped IPv4 one as itself', () => {
  const v6 = tcpVariables({ ...ends, localIp: '::1', remoteIp: '2001:db8::1' }, nobody)
  assert.deepEqual([v6.PROTO, v6.TCPREMOTEIP, v6.TCP6REMOTEIP], ['TCP6', '2001:db8::1', '2001:db8::1'])
  const mapped = addressesOf({ localAddress: '::ffff:127.0.0.1', localPort: 25, remoteAddress: '::ffff:192.0.2.7', remotePort: 4000 })
  assert.deepEqual(mapped, ends)
})

test('a link-local peer is known by its address, and the interface it is at', () => {
  const local = addressesOf({ localAddress: 'fe80::1%eth0', localPort: 25, remoteAddress: 'fe80::2%eth0', remotePort: 4000 })
  assert.deepEqual(local, { localIp: 'fe80::1', localPort: 25, remoteIp: 'fe80::2', remotePort: 4000, zone: 'eth0' })
  const variables = local && tcpVariables(local, nobody)
  assert.deepEqual([variables?.TCPREMOTEIP, variables?.TCP6LOCALIP, variables?.TCP6INTERFACE], ['fe80::2', 'fe80::1', 'eth0'])
})
