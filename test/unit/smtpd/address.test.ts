import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalIp, parseAddress } from '../../../src/smtpd/address.ts'

const own = new Set(['127.0.0.1', '0.0.0.0'])
const parse = (argument: string): string | undefined => parseAddress(argument, (ip) => (own.has(canonicalIp(ip)) ? 'lip.example' : undefined))

test('addresses are read as the specification lists them', () => {
  const table: [string, string | undefined][] = [
    ['to:<@a,@b:"q u@x"@example.com>', 'q u@x@example.com'],
    ['to:<"a\\"b"@example.com>', 'a"b@example.com'],
    ['to:u@example.com', 'u@example.com'],
    ['to:   u@example.com SIZE=1', 'u@example.com'],
    ['to:<u@[127.0.0.1]>', 'u@lip.example'],
    ['to:<u@[0.0.0.0]>', 'u@lip.example'],
    ['to:<u@[127.0.0.2]>', 'u@[127.0.0.2]'],
    ['to:<u@[127.0.0.1]x>', 'u@[127.0.0.1]x'],
    ['to:<>', ''],
    ['', ''],
    ['no colon', ''],
    ['<a b@example.com>x', 'a b@example.com'],
    ['<@nocolon>', ''],
    ['<u@h', 'u@h'],
    ['<a\\>b@h> SIZE=1', 'a>b@h'],
    ['<"a>b"@h>', 'a>b@h'],
    ['<a\\', 'a']
  ]
  for (const [argument, address] of table) assert.equal(parse(argument), address, argument)
})

test('899 bytes are an address, 900 are a syntax error', () => {
  assert.equal(parse(`<${'x'.repeat(899)}>`)?.length, 899)
  assert.equal(parse(`<${'x'.repeat(900)}>`), undefined)
})
