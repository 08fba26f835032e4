import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Temporary } from '../../../src/core/failure.ts'
import { ChunkDecoder } from '../../../src/smtpd/chunk-decoder.ts'
import type { SessionOptions } from '../../../src/smtpd/dialogue.ts'
import { base, codes, feed, type Rig, rig } from '../../helpers/smtpd-rig.ts'

const session = (over: Partial<SessionOptions> = {}): Rig => rig({ settings: { ...base(), esmtp: ['PIPELINING', 'CHUNKING'] }, ...over })
const ENVELOPE = 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n'
/** What the message was, without our own field. */
const text = (r: Rig, n = 0): string => (r.queued[n]?.text ?? '').replace(/^Received: [^\n]*\n[^\n]*\n/, '')

test('chunks decode as a plain description of the rules says, however they are cut', () => {
  const plain = (raw: string): string => {
    const decoded = raw.replaceAll('\r\n', '\n')
    return decoded === '' || decoded.endsWith('\n') ? decoded : `${decoded}\n`
  }
  const letters = ['\r', '\n', '.', 'a']
  for (let n = 0; n < 4 ** 6; n++) {
    const raw = Array.from({ length: 6 }, (_, place) => letters[Math.floor(n / 4 ** place) % 4]).join('')
    for (const size of [1, 2, 5, 6]) {
      const decoder = new ChunkDecoder()
      let out = ''
      const put = (piece: Buffer): void => {
        out += piece.toString('latin1')
      }
      for (let at = 0; at < raw.length; at += size) decoder.push(Buffer.from(raw.slice(at, at + size), 'latin1'), put)
      decoder.end(put)
      assert.equal(out, plain(raw), `${JSON.stringify(raw)} by ${size}`)
    }
  }
})

test('a message in chunks is queued as it is: nothing in it is a command, a dot is a dot', async () => {
  const r = session()
  await feed(r, `EHLO x\r\n${ENVELOPE}BDAT 14\r\nSubject: x\r\n\r\nBDAT 12\r\n.\r\nQUIT\r\n..\nBDAT 3 LAST\r\n\r\nzNOOP\r\n`)
  assert.equal(codes(r).replaceAll('250-', ''), '250 250 250 250 250 250 250')
  assert.match(r.said.join(''), /250-CHUNKING|250 CHUNKING/)
  assert.match(r.said.join(''), /250 ok, 14 bytes\r\n250 ok, 12 bytes\r\n250 ok 1 qp 42\r\n250 ok\r\n$/)
  assert.equal(text(r), 'Subject: x\n\n.\nQUIT\n..\n\nz\n')
  assert.deepEqual(r.queued[0]?.recipients, ['c@d'])
})

test('BDAT 0 LAST ends a message, one in a single chunk too, and the next begins afresh', async () => {
  const r = session()
  await feed(r, `${ENVELOPE}bdat 3\r\na\r\nBDAT 0 last\r\n${ENVELOPE}BDAT 4 LAST\r\nb\r\nc${ENVELOPE}BDAT 0 LAST\r\nBDAT 0 LAST\r\n`)
  assert.equal(codes(r), '250 250 250 250 250 250 250 250 250 250 503')
  assert.deepEqual([text(r), text(r, 1), text(r, 2)], ['a\n', 'b\nc\n', ''])
})

test('a chunk that comes at the wrong time is passed over, and what follows it is heard', async () => {
  const r = session()
  await feed(r, 'BDAT 6\r\nQUIT\r\nMAIL FROM:<a@b>\r\nBDAT 6 LAST\r\nQUIT\r\nRCPT TO:<c@d>\r\nBDAT 3\r\na\r\nDATA\r\nRSET\r\nBDAT 0 LAST\r\n')
  assert.equal(codes(r), '503 250 503 250 250 503 250 503')
  assert.deepEqual([r.queued, r.aborted], [[], 1])
})

test('sizes that are none are refused', async () => {
  const r = session()
  await feed(r, `${ENVELOPE}BDAT\r\nBDAT x\r\nBDAT -1\r\nBDAT 5 FIRST\r\nBDAT LAST 5\r\nBDAT 2147483648\r\nBDAT 99999999999\r\nBDAT 1 LAST x\r\nNOOP\r\n`)
  assert.equal(codes(r), '250 250 501 501 501 501 501 501 501 501 250')
})

test('too large a message is refused with its chunk, further ones are out of order until a new transaction', async () => {
  const r = session({ maxBytes: 4 })
  await feed(r, `${ENVELOPE}BDAT 4\r\nabc\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n${ENVELOPE}BDAT 6 LAST\r\nab\r\nc\r`)
  assert.equal(codes(r), '250 250 250 552 503 250 250 552')
  assert.deepEqual([r.queued, r.aborted], [[], 2])
})

test('no way into the queue: the chunk is passed over', async () => {
  const r = session({
    open: () => {
      throw new Temporary('none')
    }
  })
  await feed(r, `${ENVELOPE}BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n`)
  assert.equal(codes(r), '250 250 451 503 250')
})

test('a client that goes away in a chunk, or between two, queues nothing', async () => {
  for (const said of ['BDAT 9 LAST\r\nabc', 'BDAT 3\r\nabc']) {
    const r = session()
    await feed(r, ENVELOPE + said)
    await r.session.hangUp()
    assert.deepEqual([r.queued, r.aborted], [[], 1])
  }
})

test('a hundred hops are a loop in chunks, with either line end', async () => {
  for (const end of ['\n', '\r\n']) {
    const r = session()
    const header = `Received: x${end}`.repeat(100)
    await feed(r, `${ENVELOPE}BDAT ${header.length} LAST\r\n${header}`)
    assert.match(r.said.join(''), /554 too many hops/)
    const body = `Subject: x${end}${end}${header}`
    await feed(r, `${ENVELOPE}BDAT ${body.length} LAST\r\n${body}`)
    assert.equal(r.queued.length, 1)
  }
})

test('BDAT is no command where CHUNKING is not offered', async () => {
  const r = rig()
  await feed(r, `EHLO x\r\n${ENVELOPE}BDAT 0 LAST\r\n`)
  assert.match(r.said.join(''), /502 unimplemented/)
  assert.doesNotMatch(r.said.join(''), /CHUNKING/)
})

test('everything a byte at a time comes to the same', async () => {
  const r = session()
  await feed(r, ...`${ENVELOPE}BDAT 5\r\na\r\n\rbBDAT 4 LAST\r\n\nc\r\nNOOP\r\n`)
  assert.equal(codes(r), '250 250 250 250 250')
  assert.equal(text(r), 'a\n\rb\nc\n')
})
