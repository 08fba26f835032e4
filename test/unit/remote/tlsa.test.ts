import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { keyOfCertificate } from '../../../src/remote/certificate-key.ts'
import { isMeant, usableRecords } from '../../../src/remote/tlsa.ts'
import { selfSigned } from '../../helpers/certificate.ts'

const { raw, publicKey } = new X509Certificate(selfSigned(['a.example']))
const spki = publicKey.export({ type: 'spki', format: 'der' })
const digest = (name: string, part: Buffer): Buffer => createHash(name).update(part).digest()
const tlsa = (usage: number, selector: number, matching: number, data: Buffer) => ({ usage, selector, matching, data })
const zeros = (length: number): Buffer => Buffer.alloc(length)

test('the key of a certificate is found in its bytes, and nothing in what is none', () => {
  assert.deepEqual(keyOfCertificate(raw), spki)
  for (let length = 0; length < raw.length; length++) {
    const key = keyOfCertificate(raw.subarray(0, length))
    assert.ok(key === undefined || key.equals(spki), `cut at ${length}`)
  }
  for (let at = 0; at < raw.length; at++) {
    const bent = Buffer.from(raw)
    bent.writeUInt8(0xff, at)
    assert.ok((keyOfCertificate(bent)?.length ?? 0) <= raw.length)
  }
})

test('each selector and way of writing means what it says', () => {
  for (const [selector, part] of [raw, spki].entries()) {
    for (const [matching, data] of [part, digest('sha256', part), digest('sha512', part)].entries()) {
      assert.ok(isMeant(tlsa(3, selector, matching, data), raw), `${selector} ${matching}`)
      assert.ok(!isMeant(tlsa(3, 1 - selector, matching, data), raw), `the other selector, ${matching}`)
      assert.ok(!isMeant(tlsa(3, selector, matching, Buffer.concat([data, zeros(1)])), raw), 'a byte more')
    }
  }
})

test('usages 0 and 1, unknown selectors and digests, and digests of a wrong length do not count (RFC 7672 3.1.3)', () => {
  const good = tlsa(3, 1, 1, zeros(32))
  const bad = [
    tlsa(0, 1, 1, zeros(32)),
    tlsa(1, 1, 1, zeros(32)),
    tlsa(4, 1, 1, zeros(32)),
    tlsa(255, 1, 1, zeros(32)),
    tlsa(3, 2, 1, zeros(32)),
    tlsa(3, 1, 3, zeros(32)),
    tlsa(3, 1, 1, zeros(31)),
    tlsa(3, 1, 1, zeros(0)),
    tlsa(3, 1, 2, zeros(32)),
    tlsa(3, 1, 0, zeros(0)),
    tlsa(2, 0, 0, zeros(100))
  ]
  assert.deepEqual(usableRecords([...bad, good]), [good])
  assert.deepEqual(usableRecords(bad), [])
})

test('of digests only the strongest counts, for each usage and selector by itself, and all that is whole (RFC 7671 9)', () => {
  const [weak, strong] = [tlsa(3, 1, 1, zeros(32)), tlsa(3, 1, 2, zeros(64))]
  const whole = tlsa(3, 1, 0, zeros(10))
  const other = tlsa(3, 0, 1, zeros(32))
  const anchor = tlsa(2, 1, 1, zeros(32))
  assert.deepEqual(usableRecords([weak, strong, whole, other, anchor]), [strong, whole, other, anchor])
  assert.deepEqual(usableRecords([weak, tlsa(3, 1, 2, zeros(63))]), [weak])
})
