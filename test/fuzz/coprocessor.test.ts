import assert from 'node:assert/strict'
import { Permanent } from '../../src/core/failure.ts'
import { netstring } from '../../src/core/netstring.ts'
import { ANSWER, CLIENT_CERTIFICATE, packWords, REQUEST, unpackWords, wishFields, wishIn } from '../../src/net/coprocessor.ts'
import { fuzz } from './harness.ts'

const wish = { name: 'mx.example', minVersion: 'TLSv1.2', ciphers: 'HIGH', anchors: '-----BEGIN CERTIFICATE-----\n', isPartialChain: true } as const
const inside = (words: Buffer): string => words.toString('latin1').replace(/^\d+:/, '').slice(0, -1)
const request = inside(packWords(REQUEST.client, wishFields(CLIENT_CERTIFICATE, wish)))

fuzz('words between qmail-tlsd -c and those it leads TLS for', {
  corpus: [
    request,
    inside(packWords(REQUEST.server)),
    inside(packWords(ANSWER.ok, ['TLSv1.3', 'AES', '', '\x30\x82'])),
    inside(packWords(ANSWER.failed, ['why']))
  ],
  words: ['C', 'K', '0:,', '3:a.b,', ':', ',', '4194305:', 'ap'],
  run: (chunks) => {
    const data = Buffer.concat(chunks)
    try {
      const { kind, fields } = unpackWords(data)
      const again = Buffer.concat([Buffer.from(kind, 'latin1'), ...fields.map(netstring)])
      assert.ok(again.length <= data.length && kind === data.toString('latin1', 0, 1), 'fields that nobody sent')
      assert.equal(typeof wishIn(fields).certificate, 'string')
    } catch (error) {
      if (!(error instanceof Permanent)) throw error
    }
  }
})
