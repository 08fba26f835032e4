import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Usage } from '../../../src/core/failure.ts'
import { isInNetworks } from '../../../src/net/ip.ts'
import { parseOptions } from '../../../src/tcpserver/options.ts'

test('options cluster, values may be joined on, later ones win, -- ends them', () => {
  const o = parseOptions(['-vRHl0', '-c', '7x', '-b9', '-Qp', '-u5', '-g', '6', '--', '-h', '25', 'prog', '-x'], {})
  assert.deepEqual(
    [o.verbosity, o.asksIdent, o.looksUpRemote, o.localName, o.limit, o.backlog, o.isParanoid, o.uid, o.gid, o.host, o.port, o.program, o.args],
    ['errors', false, false, '0', 7, 9, true, 5, 6, '-h', '25', 'prog', ['-x']]
  )
})

test('-U takes the ids from the environment', () => {
  const o = parseOptions(['-U', '0', '25', 'p'], { UID: '12', GID: '13' })
  assert.deepEqual([o.uid, o.gid], [12, 13])
})

test('an unknown option, a missing value and missing arguments are usage errors', () => {
  assert.throws(() => parseOptions(['-Z', '0', '25', 'p'], {}), /^Error: tcpserver: illegal option -- Z\ntcpserver: usage: /)
  assert.throws(() => parseOptions(['-c'], {}), /^Error: tcpserver: option requires an argument -- c\n/)
  assert.throws(() => parseOptions(['0', '25'], {}), Usage)
})

test('limits of clients, and networks of proxies', () => {
  const { limits, proxies } = parseOptions(['-m3', '-M', '9', '-k5/10', '-K', '50', '-N20/56', '-a', '10.0.0.0/8,::1', '0', '25', 'p'], {})
  assert.deepEqual(limits, {
    perAddress: 3,
    perNetwork: 9,
    addressRate: { count: 5, seconds: 10 },
    networkRate: { count: 50, seconds: 60 },
    networkBits: [20, 56]
  })
  assert.ok(isInNetworks('10.9.9.9', proxies) && isInNetworks('::1', proxies))
  for (const ip of ['11.0.0.1', '::2', 'unknown']) assert.ok(!isInNetworks(ip, proxies), ip)
  assert.ok(!isInNetworks('10.0.0.1', []))
  for (const bad of ['', 'x', '10.0.0.0/33', '10.0.0.0/', '::1/129', '10.0.0.0/8,'])
    assert.throws(() => parseOptions(['-a', bad, '0', '25', 'p'], {}), Usage, bad)
})
