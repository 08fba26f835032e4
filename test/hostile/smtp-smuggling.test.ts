import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyEncoder } from '../../src/format/smtp-body.ts'
import { feed, rig } from '../helpers/smtpd-rig.ts'

/** Ends of data that one server or another has taken for one (CVE-2023-51764 to 51766 and their kin): to us none is, and the bare LF ends the session. */
const SEQUENCES = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r',
  '\n.\r',
  '\r.\n',
  '\n\n.\r\n',
  '\n\n.\n\n',
  '\r\n\n.\n',
  '\r\r\n.\r\r\n',
  '\r\n.\r\r\n',
  '\r\n\0.\r\n',
  '\r\n.\0\r\n',
  '\0\n.\0\n',
  '\r\n .\r\n',
  '\r\n. \r\n',
  '\r\n\v.\r\n',
  '\r\n\f.\r\n',
  '\r\n\x85.\r\n'
]
const EVIL = 'MAIL FROM:<evil@x>\r\nRCPT TO:<victim@x>\r\nDATA\r\nevil\r\n.\r\n'
const show = (text: string): string => JSON.stringify(text)

for (const sequence of SEQUENCES) {
  test(`${show(sequence)} does not end a message, and what we store of it does not end one when we send it`, async () => {
    for (const size of [1, 1000]) {
      const r = rig()
      const text = `MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nfirst${sequence}${EVIL}QUIT\r\n`
      for (let at = 0; at < text.length && r.session.exit === undefined; at += size) await feed(r, text.slice(at, at + size))
      assert.ok(!r.queued.some(({ sender }) => sender === 'evil@x'), 'a smuggled message was queued')
      const isBare = /(?<!\r)\n/.test(sequence)
      assert.equal(r.queued.length, isBare ? 0 : 1)
      assert.equal(/451 See https:\/\/cr\.yp\.to\/docs\/smtplf\.html\.\r\n$/.test(r.said.join('')), isBare)
      for (const { text: stored } of r.queued) {
        const encoder = new BodyEncoder()
        const wire = Buffer.concat([encoder.push(Buffer.from(stored, 'latin1')), encoder.finish()]).toString('latin1')
        assert.ok(!/(?<!\r)\n|\r(?!\n)/.test(wire), 'a bare CR or LF is sent')
        assert.equal(wire.indexOf('\r\n.\r\n'), wire.length - 5)
      }
    }
  })
}
