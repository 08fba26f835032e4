import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identText } from '../../../src/net/ident.ts'
import { reverseName } from '../../../src/net/names.ts'
import { portOf, serviceIn } from '../../../src/net/service.ts'

test('addresses are turned round for PTR questions', () => {
  assert.equal(reverseName('1.2.3.4'), '4.3.2.1.in-addr.arpa')
  assert.equal(reverseName('2001:db8::1'), `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`)
  assert.equal(reverseName('::1'), `1.${'0.'.repeat(31)}ip6.arpa`)
})

test('an IDENT answer is what follows the third colon, without blanks', () => {
  assert.equal(identText('1 , 2 : USERID : UNIX : jo e:x\r\n'), 'joe:x')
  assert.equal(identText('1,2:ERROR:NO-USER\r\n'), undefined)
  assert.equal(identText('1,2:USERID:UNIX:joe'), undefined)
  assert.equal(identText('1,2:U:U:jo\0e\n'), 'jo')
  assert.equal(identText(`1,2:U:U:${'x'.repeat(300)}\n`)?.length, 256)
})

test('ports go by number or by the name of a tcp service', () => {
  const services = 'smtp 25/tcp mail # comment smtps\nsmtps 465/udp\n'
  assert.deepEqual([serviceIn(services, 'smtp'), serviceIn(services, 'mail'), serviceIn(services, 'smtps')], [25, 25, undefined])
  assert.deepEqual([portOf('0'), portOf('65536'), portOf('no such service')], [0, undefined, undefined])
})
