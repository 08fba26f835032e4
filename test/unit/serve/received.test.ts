import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerOf, receivedField } from '../../../src/serve/received.ts'

const field = (env: Record<string, string>, helo: string | undefined): string => receivedField(peerOf(env), helo, 'SMTP', 1795208974000)
const date = '20 Nov 2026 21:09:34 -0000'

test('HELO is shown only where it differs from the host name', () => {
  const env = { TCPREMOTEHOST: 'client.example', TCPREMOTEIP: '192.0.2.7', TCPLOCALHOST: 'mx.example' }
  assert.equal(field(env, undefined), `Received: from client.example (192.0.2.7)\n  by mx.example with SMTP; ${date}\n`)
  assert.equal(field(env, 'CLIENT.example'), field(env, undefined))
  assert.equal(field(env, ''), `Received: from client.example (HELO ) (192.0.2.7)\n  by mx.example with SMTP; ${date}\n`)
})

test('nothing a stranger sends can forge a header line', () => {
  const env = { TCPREMOTEHOST: 'a_b', TCPREMOTEINFO: 'x\ny', TCPREMOTEIP: '::1', TCPLOCALIP: '192.0.2.1' }
  assert.equal(field(env, '(x)\r'), `Received: from a?b (HELO ?x??) (x?y@::1)\n  by 192.0.2.1 with SMTP; ${date}\n`)
  assert.match(field(env, 'm\xc3\xbc\x9b\xff'), /^Received: from a\?b \(HELO m\?{4}\) /, 'bytes above 127')
})

test('what is not known is called unknown', () => {
  assert.equal(field({}, 'unknown'), `Received: from unknown (unknown)\n  by unknown with SMTP; ${date}\n`)
})
