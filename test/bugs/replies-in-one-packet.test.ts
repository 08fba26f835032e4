import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base, codes, feed, rig } from '../helpers/smtpd-rig.ts'

const block = new Int32Array(new SharedArrayBuffer(4))

// On a busy machine, where a few commands took longer than a session's turn, a pipelining client got its replies in several packets.
test('replies to commands that were sent together go out together, however many turns they take', async () => {
  const isInMore = (): boolean => {
    Atomics.wait(block, 0, 0, 20)
    return true
  }
  const r = rig({ isInMore, settings: { ...base(), rcpthosts: new Set(['here.example']), morercpthosts: 'x' } })
  await feed(r, 'EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@f.example>\r\nDATA\r\n')
  assert.equal(r.said.length, 1)
  assert.equal(codes(r), '250-250-250 250 250 250 354')
})
