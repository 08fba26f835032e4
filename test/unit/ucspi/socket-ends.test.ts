import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endsIn } from '../../../src/ucspi/socket-ends.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const row = (local: string, remote: string, state: string, inode: number): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000089d7404f 100 0 0 10 0\n`

test('the ends of a connection are found by its inode, IPv4 and IPv6, and nothing but a connection is', () => {
  const table = HEAD + row('0100007F:0019', '00000000:0000', '0A', 6) + row('0100007F:0019', '070200C0:D431', '01', 7)
  assert.deepEqual(endsIn(table, 7), { localIp: '127.0.0.1', localPort: 25, remoteIp: '192.0.2.7', remotePort: 54321 })
  assert.equal(endsIn(table, 6), undefined)
  assert.equal(endsIn(table, 8), undefined)
  const v6 = HEAD + row('B80D0120000000000000000001000000:006E', '0000000000000000FFFF0000070200C0:0400', '01', 9)
  assert.deepEqual(endsIn(v6, 9), { localIp: '2001:db8::1', localPort: 110, remoteIp: '192.0.2.7', remotePort: 1024 })
})
