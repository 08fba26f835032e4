import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logEnds } from '../../../src/accept/log.ts'

const ends = { localIp: '127.0.0.1', localPort: 25, remoteIp: '192.0.2.7', remotePort: 4000 }
const nobody = { localHost: undefined, remoteHost: undefined, remoteInfo: undefined }

test('names in the log cannot break its lines or fields, and are cut at 100 bytes', () => {
  assert.equal(logEnds(ends, { localHost: 'lh:x%', remoteHost: 'a b\n\xff', remoteInfo: 'i:j' }), 'lh?x?:127.0.0.1:25 a?b??:192.0.2.7:i?j:4000')
  assert.equal(logEnds(ends, { ...nobody, remoteHost: 'x'.repeat(101) }), `:127.0.0.1:25 ${'x'.repeat(100)}...:192.0.2.7::4000`)
})
