import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Permanent } from '../../../src/core/failure.ts'
import { ruleRecords } from '../../../src/ucspi/rules-text.ts'

test('a rule is an address, a verdict and variables', () => {
  assert.deepEqual(ruleRecords('# no\n\n1.2.3.4:allow,A="1",B=x,:x \t\n:deny\nno colon here\n10.:allow'), [
    ['1.2.3.4', '+A=1\0+B=,:\0'],
    ['', 'D\0'],
    ['10.', '']
  ])
})

test('a range is a number of addresses; the upper end is 255 at most', () => {
  const keys = (text: string): string[] => ruleRecords(text).map(([key]) => key)
  assert.deepEqual(keys('10.2-3.:allow'), ['10.2.', '10.3.'])
  assert.deepEqual(keys('1.2.3.253-300:allow'), ['1.2.3.253', '1.2.3.254', '1.2.3.255'])
  assert.deepEqual(keys('1.2.3.9-8:allow'), [])
  assert.deepEqual(keys('=my-host:allow\na-b@1.2.3.4:allow'), ['=my-host', 'a-b@1.2.3.4'])
})

test('networks are keys of bits, IPv6 addresses have one form', () => {
  const table: [line: string, key: string][] = [
    ['10.0.0.0/8:allow', '_00001010'],
    ['10.255.0.0/9:deny', '_000010101'],
    ['0.0.0.0/0:deny', '_'],
    ['2001:db8::/32:allow', '^00100000000000010000110110111000'],
    ['::1:allow', '::1'],
    ['2001:DB8:0::1:deny,A=":deny"', '2001:db8::1'],
    ['joe@2001:DB8::1:allow', 'joe@2001:db8::1'],
    ['2001:db8::allow', '2001:db8:'],
    ['10.0.0.0/33:allow', '10.0.0.0/33']
  ]
  for (const [line, key] of table) assert.equal(ruleRecords(line)[0]?.[0], key, line)
})

test('what is no rule is told of, and no address without a verdict loops for ever', () => {
  for (const line of [':allow junk', ':denyX', ':deny,FOO', ':allow,A=', ':allow,A="x', '::1', '1-x.:allow', ':', ':allow,="x"'])
    assert.throws(() => ruleRecords(`:allow\n${line}\n`), new Permanent(`unable to parse this line: ${line}`))
})
