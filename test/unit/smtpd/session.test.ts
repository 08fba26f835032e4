import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { base, codes, ENVELOPE, feed, ok, rig } from '../../helpers/smtpd-rig.ts'
import { PATIENT, until } from '../../helpers/wait.ts'

test('a pipelining client gets one packet of replies', async () => {
  const r = rig()
  await feed(r, 'EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n')
  assert.equal(r.said.length, 1)
  assert.equal(codes(r), '250-250-250 250 250 250 354')
})

test('everything in one packet, or a byte at a time, comes to the same', async () => {
  const all = `HELO x\r\n${ENVELOPE}Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n`
  for (const chunks of [[all], [...all]]) {
    const r = rig()
    await feed(r, ...chunks)
    assert.equal(codes(r), '250 250 250 354 250 221')
    assert.equal(r.session.exit, 0)
    assert.equal(r.said.join('').match(/250 ok 1 qp 42\r\n/g)?.length, 1)
    assert.deepEqual(
      r.queued.map((q) => [q.sender, q.recipients, q.text.replace(/^Received[^\n]*\n[^\n]*\n/, '')]),
      [['a@b', ['c@d'], 'Subject: x\n\n.dot\n']]
    )
  }
})

test('DATA ends the transaction in every outcome', async () => {
  const r = rig({ result: { ...ok, code: 53 } })
  await feed(r, `${ENVELOPE}x\r\n.\r\nRCPT TO:<c@d>\r\nDATA\r\n`)
  assert.equal(codes(r), '250 250 354 451 503 503')
})

test('the size verdict comes at the end, counts decoded bytes, and the next message starts afresh', async () => {
  const r = rig({ maxBytes: 3 })
  await feed(r, `${ENVELOPE}ab\r\n.\r\n`, `${ENVELOPE}abc\r\n`, 'more\r\n.\r\n', `${ENVELOPE}..\r\n.\r\n`)
  assert.equal(codes(r), '250 250 354 250 250 250 354 552 250 250 354 250')
  assert.equal(r.aborted, 1)
  assert.equal(r.queued.length, 2)
})

test('too many hops are told before too many bytes', async () => {
  const r = rig({ maxBytes: 3 })
  await feed(r, `${ENVELOPE}${'Received: x\r\n'.repeat(100)}\r\n.\r\n`)
  assert.match(r.said.join(''), /554 too many hops/)
  assert.equal(r.queued.length, 0)
})

test('a bare LF in the body ends the session and queues nothing', async () => {
  const r = rig()
  await feed(r, `${ENVELOPE}x\n.\r\nQUIT\r\n`)
  assert.match(r.said.join(''), /354 go ahead\r\n451 See https:\/\/cr\.yp\.to\/docs\/smtplf\.html\.\r\n$/)
  assert.equal(r.session.exit, 1)
  assert.deepEqual([r.queued.length, r.aborted], [0, 1])
})

test('a client that goes away within a message queues nothing', async () => {
  const r = rig()
  await feed(r, `${ENVELOPE}x\r\n`)
  await r.session.hangUp()
  assert.deepEqual([r.queued.length, r.aborted, r.session.exit], [0, 1, 1])
})

test('a syntax error leaves the transaction as it was', async () => {
  const long = 'x'.repeat(900)
  const r = rig()
  await feed(r, `MAIL FROM:<a@b>\r\nMAIL FROM:<${long}>\r\nRCPT TO:<c@d>\r\nRCPT TO:<${long}>\r\nDATA\r\nx\r\n.\r\n`)
  assert.equal(codes(r), '250 555 250 555 354 250')
  assert.deepEqual([r.queued[0]?.sender, r.queued[0]?.recipients], ['a@b', ['c@d']])
})

test('no way into the queue is a temporary failure in place of 354', async () => {
  const failures = [
    () => {
      throw new Error('no')
    },
    () => Promise.reject(new Error('no'))
  ]
  for (const open of failures) {
    const r = rig({ open })
    await feed(r, `${ENVELOPE}QUIT\r\n`)
    assert.match(r.said.join(''), /451 qqt failure \(#4\.3\.0\)\r\n221 /)
  }
})

test('RELAYCLIENT, even empty, lifts rcpthosts and is put after the recipient', async () => {
  const settings = { ...base(), rcpthosts: new Set<string>() }
  const r = rig({ settings, relayclient: () => '@relay.fix' })
  await feed(r, 'MAIL FROM:<>\r\nRCPT TO:<u@far.org>\r\nDATA\r\n.\r\n')
  assert.deepEqual(r.queued[0]?.recipients, ['u@far.org@relay.fix'])
  const empty = rig({ settings, relayclient: () => '' })
  await feed(empty, 'MAIL FROM:<>\r\nRCPT TO:<u@far.org>\r\n')
  assert.equal(codes(empty), '250 250')
  const none = rig({ settings })
  await feed(none, 'MAIL FROM:<>\r\nRCPT TO:<u@far.org>\r\n')
  assert.equal(codes(none), '250 553')
})

test('an unreadable morercpthosts.cdb is a control failure', async () => {
  const isInMore = (): boolean => {
    throw new Error('broken')
  }
  const r = rig({ settings: { ...base(), rcpthosts: new Set() }, isInMore })
  await feed(r, 'MAIL FROM:<>\r\nRCPT TO:<u@far.org>\r\n')
  assert.match(r.said.join(''), /421 unable to read controls \(#4\.3\.0\)\r\n$/)
  assert.equal(r.session.exit, 1)
})

test('a command line over 64 KiB ends the session, 60,000 bytes do not', async () => {
  const r = rig()
  await feed(r, `NOOP ${'x'.repeat(60_000)}\r\n`, 'y'.repeat(40_000), 'y'.repeat(40_000))
  assert.equal(codes(r), '250 500')
  assert.equal(r.session.exit, 1)
})

test('DATA ends the transaction even if there is no way into the queue', async () => {
  const fail = (): never => {
    throw new Error('no queue')
  }
  for (const open of [fail, async () => fail()]) {
    const r = rig({ open })
    await feed(r, ENVELOPE, 'DATA\r\n')
    assert.equal(codes(r), '250 250 451 503')
  }
})

test('addresses do not keep the long lines they came in', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const r = rig()
  const used = (): number => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  await feed(r, 'MAIL FROM:<a@b>\r\n')
  const before = used()
  const padding = ' '.repeat(60_000)
  for (let n = 0; n < 500; n++) await feed(r, `RCPT TO:<recipient-${n}@example.com>${padding}\r\n`)
  await until('the lines to be let go', () => used() - before < 5_000_000) // freed chunks are counted until they are swept
  await feed(r, 'DATA\r\n.\r\n')
  assert.equal(r.queued[0]?.recipients.length, 500)
})

test('a session that ends within a message does not wait for a queue program that hangs', PATIENT, async () => {
  const hangs = new Promise<never>(() => {})
  const r = rig({ open: () => ({ qp: 1, write: () => undefined, finish: () => hangs, abort: () => hangs }) })
  await feed(r, ENVELOPE, 'bare\nLF\r\n')
  assert.match(r.said.join(''), /451 See [^\n]*\r\n$/)
  assert.equal(r.session.exit, 1)
})
