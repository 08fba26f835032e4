import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diagnose } from '../../../src/format/enhanced-status.ts'

test("the server's own code counts more than ours, if its class fits; without any it is x.0.0", () => {
  const refused = '192.0.2.1 does not like recipient.\nRemote host said: 550-5.1.1 no such\n550 5.1.1 user <joe@x>\nGiving up on 192.0.2.1.\n'
  assert.deepEqual(diagnose(refused, '5'), { status: '5.1.1', host: '[192.0.2.1]', said: 'smtp; 550-5.1.1 no such 550 5.1.1 user <joe@x>' })
  assert.equal(diagnose('Remote host said: 550 4.2.2 odd\n', '5').status, '5.0.0')
  assert.equal(diagnose('x (#4.3.0)\nRemote host said: 550 no 5.9.9\n', '5').status, '5.0.0')
  assert.equal(diagnose('Sorry, no mailbox here by that name. (#5.1.1)\n', '5').status, '5.1.1')
  assert.equal(diagnose('Connection died. (#4.4.2)\ntoo long\n', '54').status, '4.4.2')
  assert.equal(diagnose('nothing in it\n', '54').status, '5.0.0')
  assert.equal(diagnose('Remote host said: 450 4.7.1 later\n(#5.0.1)\n', '4').status, '4.7.1')
  assert.equal(diagnose('Remote host said: 550 5.1.1.1 odd\n', '5').status, '5.0.0')
  assert.equal(diagnose('Remote host said: 550 5.1.1234 odd\n', '5').status, '5.0.0')
})

test('the host is what our words name, as an address in brackets or as a name', () => {
  assert.equal(diagnose('Connected to 2001:db8::1 but connection died. (#4.4.2)\n', '54').host, '[IPv6:2001:db8::1]')
  assert.equal(diagnose('Sorry, the message is too large for 192.0.2.7. (#5.3.4)\n', '5').host, '[192.0.2.7]')
  assert.equal(diagnose('Connected to mx.example but greeting failed.\n', '54').host, 'mx.example')
  assert.equal(diagnose('Sorry, no mailbox here by that name. (#5.1.1)\n', '5').host, undefined)
})

test('what was said is one line of printable ASCII, of bounded length', () => {
  assert.equal(diagnose('Remote host said: 550 caf\xe9\t\x01\n', '5').said, 'smtp; 550 caf???')
  assert.equal(diagnose('own\nwords\n', '5').said, 'x-qmail; own words')
  assert.equal(diagnose('', '5').said, undefined)
  assert.equal(diagnose(`Remote host said: 550 ${'x'.repeat(5000)}\n`, '5').said?.length, 906)
})
