import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Budget } from '../../../src/serve/budget.ts'
import { base, codes, ENVELOPE, feed, rig } from '../../helpers/smtpd-rig.ts'

test('too many commands that make no sense end the session; refusals do not count', async () => {
  const r = rig({ settings: { ...base(), maxErrors: 3, lists: { ...base().lists, sender: () => true } } })
  await feed(r, `MAIL FROM:<a@b>\r\n${'RCPT TO:<c@d>\r\n'.repeat(9)}RSET\r\nFOO\r\nDATA\r\nBAR\r\nNOOP\r\nQUIT\r\n`)
  assert.equal(codes(r), `250 ${'553 '.repeat(9)}250 502 503 502 421`)
  assert.equal(r.session.exit, 1)
})

test('a session without a message coming forward ends in time; a message renews it', async () => {
  const r = rig({ settings: { ...base(), sessionSeconds: 0.3 } })
  const started = performance.now()
  while (r.session.exit === undefined && performance.now() - started < 20_000) {
    await feed(r, 'NOOP\r\n')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.ok(performance.now() - started >= 300)
  assert.match(r.said.join(''), /421 session lasted too long \(#4\.4\.2\)\r\n$/)
  const other = rig({ settings: { ...base(), sessionSeconds: 3600 } })
  await feed(other, `${ENVELOPE}x\r\n.\r\nNOOP\r\n`)
  assert.equal(codes(other), '250 250 354 250 250')
})

test('recipients beyond maxrcpt are put off, and the message goes to the others', async () => {
  const r = rig({ settings: { ...base(), maxRecipients: 2 } })
  await feed(r, `MAIL FROM:<a@b>\r\n${'RCPT TO:<c@d>\r\n'.repeat(4)}DATA\r\nx\r\n.\r\n`)
  assert.equal(codes(r), '250 250 250 452 452 354 250')
  assert.equal(r.queued[0]?.recipients.length, 2)
})

const long = `RCPT TO:<${'x'.repeat(800)}@d>\r\n`

test('all sessions together hold so many recipients and no more; what one lets go of, another may have', async () => {
  const budget = new Budget(10_000)
  const [a, b] = [rig({ budget }), rig({ budget })]
  await feed(a, `MAIL FROM:<>\r\n${long.repeat(9)}`)
  assert.equal(codes(a), `250 ${'250 '.repeat(5)}452 452 452 452`)
  await feed(b, `MAIL FROM:<>\r\n${long}`)
  assert.match(b.said.join(''), /452 too much under way, try again later \(#4\.3\.1\)\r\n$/)
  await feed(a, 'RSET\r\n')
  await feed(b, long.repeat(5))
  assert.equal(codes(b), `250 452 ${'250 '.repeat(5).trim()}`)
  await b.session.hangUp()
  await feed(a, `MAIL FROM:<>\r\n${long.repeat(5)}`)
  assert.match(codes(a), /(250 ){6}250$/)
})

test('an unfinished line counts, too', async () => {
  const budget = new Budget(40_000)
  const [a, b] = [rig({ budget }), rig({ budget })]
  await feed(a, 'x'.repeat(30_000))
  await feed(b, 'x'.repeat(30_000))
  assert.equal(codes(b), '421')
  await feed(a, '\r\n', 'x'.repeat(30_000))
  assert.equal(codes(a), '502')
})

test('a body is only taken where there is room for it, and frees it when it is done', async () => {
  const budget = new Budget(70_000)
  const [a, b] = [rig({ budget }), rig({ budget })]
  await feed(a, `${ENVELOPE}x\r\n`)
  await feed(b, ENVELOPE)
  assert.equal(codes(b), '250 250 452')
  await feed(a, '.\r\n')
  await feed(b, 'DATA\r\n')
  assert.equal(codes(b), '250 250 452 354')
})

test('a client that does not read is told no more', async () => {
  let read: () => void = () => {}
  let said = ''
  const r = rig({
    write: (text) => {
      said += text
      return new Promise<void>((resolve) => {
        read = resolve
      })
    }
  })
  const fed = r.session.feed(Buffer.from('NOOP\r\n'.repeat(10_000)))
  assert.ok(said.length < 20_000, String(said.length))
  while (said.length < 80_000) {
    read()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await fed
  assert.equal(said.length, 80_000)
})

test('a session with much to do lets others have their turn', async () => {
  const r = rig({ isInMore: () => false, settings: { ...base(), rcpthosts: new Set(['here.example']), morercpthosts: 'x' } })
  let turns = 0
  const count = (): void => {
    turns++
    if (r.session.exit === undefined) setImmediate(count)
  }
  setImmediate(count)
  await feed(r, `MAIL FROM:<>\r\n${'RCPT TO:<a@b.example>\r\n'.repeat(100_000)}QUIT\r\n`)
  assert.ok(turns > 3, String(turns))
})
