import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base, feed, type Rig, rig } from '../../helpers/smtpd-rig.ts'

const session = (over: Parameters<typeof rig>[0] = {}, esmtp = ['REQUIRETLS', 'HELP']): Rig =>
  rig({ settings: { ...base(), esmtp }, relayclient: () => '', isEncrypted: () => true, cipher: () => 'X', ...over })
const replies = async (r: Rig, ...lines: string[]): Promise<string[]> => {
  await feed(r, `${lines.join('\r\n')}\r\n`)
  return r.said.splice(0).join('').trimEnd().split('\r\n')
}

test('REQUIRETLS is offered inside TLS where control/esmtp lists it, and noted on the message', async () => {
  const r = session()
  assert.deepEqual(await replies(r, 'EHLO x'), ['250-mx', '250-REQUIRETLS', '250 HELP'])
  await replies(r, 'MAIL FROM:<a@b> requiretls', 'RCPT TO:<c@d>', 'DATA', 'hi', '.')
  assert.equal(r.queued[0]?.notes, 'v=1 o=relay tls')
  assert.deepEqual(await replies(r, 'MAIL FROM:<a@b> REQUIRETLS=yes'), ['501 malformed REQUIRETLS (#5.5.4)'])
  assert.deepEqual(await replies(r, 'MAIL FROM:<a@b>', 'RCPT TO:<a@b> REQUIRETLS'), ['250 ok', '555 parameter not supported (#5.5.4)'])
})

test('without TLS, with a queue program that would lose it, or where it is not listed, there is no such thing (RFC 8689 2)', async () => {
  for (const r of [session({ isEncrypted: () => false }), session({ keepsNotes: false }), session({}, ['HELP'])])
    assert.deepEqual(await replies(r, 'EHLO x', 'MAIL FROM:<a@b> REQUIRETLS'), ['250-mx', '250 HELP', '555 parameter not supported (#5.5.4)'])
})
