import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waivesTls } from '../../../src/format/tls-required.ts'

test('TLS-Required: No is found in any case, anywhere in a header, folded or not, and nothing else is', () => {
  for (const header of [
    'TLS-Required: No\n',
    'A: b\ntls-required:no',
    'A: b\nTLS-REQUIRED \t:\n NO \t\nB: c\n',
    'TLS-Required: No\r\nB: c\r\n',
    'TLS-Required: Yes\nTLS-Required: No\n'
  ])
    assert.ok(waivesTls(header), JSON.stringify(header))
  for (const header of [
    '',
    'TLS-Required: Yes\n',
    'TLS-Required: None\n',
    'TLS-Required: No\n t\n',
    'TLS-Required: N\n o\n',
    'X-TLS-Required: No\n',
    'A: b\n TLS-Required: No\n',
    'TLS-Required: (c) No\n'
  ])
    assert.ok(!waivesTls(header), JSON.stringify(header))
})
