import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { startProgram } from '../helpers/start-program.ts'
import { startQueued, startServer, until } from '../helpers/suite.ts'

const home = makeHome()
home.control('rcpthosts', 'x\ny\n')
const seen = home.at('seen')
const envelopeFile = home.at('envelope')
const taker = home.at('taker')
writeFileSync(taker, `#!/bin/sh\ncat > ${seen}\ncat <&1 > ${envelopeFile}\nexit "$\{QQEXIT-0}"\n`)
chmodSync(taker, 0o755)
const ENV = { TCPREMOTEIP: '192.0.2.7', TCPREMOTEHOST: 'h_', TCPREMOTEINFO: 'i', TCPLOCALHOST: 'me', QMAILQUEUE: taker }
const go = (input: string, env: Record<string, string> = {}) => startProgram(home, 'qmail-qmtpd', { input, env: { ...ENV, ...env } })
const net = (text: string): string => `${text.length}:${text},`
const packet = (message: string, sender: string, recipients: string[]): string => net(message) + net(sender) + net(recipients.map(net).join(''))
const masked = (text: string): string => text.replace(/\d+:Kok \d+ qp \d+,/g, 'K,')
const message = (): string => readFileSync(seen, 'latin1').replace(/; \d.*-0000\n/, '; DATE\n')
const envelope = (): string => readFileSync(envelopeFile, 'latin1')
const isAnswered = async (input: string, answer: string, env: Record<string, string> = {}): Promise<void> => {
  const r = await go(input, env)
  assert.deepEqual([r.exit, masked(r.stdout), r.stderr], [0, answer, ''])
}
const RECEIVED = 'Received: from h? (i@192.0.2.7)\n  by me with QMTP; DATE\n'
const NOT_ALLOWED = net("Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)")
const BAD = net("Dsorry, I can't handle that recipient (#5.1.3)")

test('an answer for every recipient, in order; the envelope holds those that were taken', async () => {
  await isAnswered(packet('\nhi\r\n', 'a@b', ['u@x', 'v@other', 'w@Y', 'local', `${'l'.repeat(1000)}@x`, 'n\0@x']), `K,${NOT_ALLOWED}K,K,${BAD}${BAD}`)
  assert.equal(message(), `${RECEIVED}hi\r\n`)
  assert.equal(envelope(), 'Fa@b\0Tu@x\0Tw@Y\0Tlocal\0\0')
})

test('packets come one after the other; CRLF messages are decoded', async () => {
  await isAnswered(packet('\ra\r\nb\rc\r\r\nd\r', '', ['u@x']) + packet('\nlast', 's', ['v@y']), 'K,K,')
  assert.equal(message(), `${RECEIVED}last`)
  await isAnswered(packet('\ra\r\nb\rc\r\r\nd\r', '', ['u@x']), 'K,')
  assert.equal(message(), `${RECEIVED}a\nb\rc\r\nd\r`)
})

test('nobody to deliver to: the message goes nowhere', async () => {
  rmSync(envelopeFile, { force: true })
  await isAnswered(packet('\nhi\n', 'a@b', ['v@other']), NOT_ALLOWED)
  await isAnswered(packet('\nhi\n', 'a@b', []), '')
})

test('RELAYCLIENT takes all, with itself at their end', async () => {
  await isAnswered(packet('\nhi\n', 'a@b', ['v@other']), 'K,', { RELAYCLIENT: '@relay' })
  assert.equal(envelope(), 'Fa@b\0Tv@other@relay\0\0')
})

test('the size limit counts decoded bytes; a bad sender and a queue that fails are told to each good recipient', async () => {
  const big = net('Dsorry, that message size exceeds my databytes limit (#5.3.4)')
  await isAnswered(packet('\r12\r\n', 'a', ['u@x']), 'K,', { DATABYTES: '3' })
  await isAnswered(packet('\r123\r\n', 'a', ['u@x', 'v@other']), big + NOT_ALLOWED, { DATABYTES: '3' })
  await isAnswered(packet('\nhi', 's'.repeat(1000), ['u@x', 'v@y']), net('Dunacceptable sender (#5.1.7)').repeat(2))
  await isAnswered(packet('\nhi', 'a', ['u@x', 'v@y']), net('Zqq write error or disk full (#4.3.0)').repeat(2), { QQEXIT: '53' })
  await isAnswered(packet('\nhi', 'a', ['u@x']), net('Zunable to exec qq (#4.3.0)'), { QMAILQUEUE: '/nonexistent' })
})

test('what is not QMTP is 100, a length beyond all reason 111, a client that leaves 0: nothing is queued', async () => {
  rmSync(envelopeFile, { force: true })
  const table: [input: string, exit: number][] = [
    ['0:,0:,0:,', 100],
    [packet('hi', 'a', ['u@x']), 100],
    ['EHLO x\r\n', 100],
    ['3:\nhi;', 100],
    ['3:\nhi,1:a,5:3:u@x,,', 100],
    ['3:\nhi,1:a,6:4:u@x,,', 100],
    ['2000000000:\n', 0],
    ['20000000000:\n', 111],
    ['3:\nhi,1:a,6:3:u@x', 0],
    ['', 0]
  ]
  for (const [input, exit] of table) {
    const r = await go(input)
    assert.deepEqual([r.exit, r.stdout, r.stderr], [exit, '', ''], input)
  }
  assert.ok(!existsSync(envelopeFile) || !envelope().endsWith('\0\0'), 'an envelope was written')
})

test('without rcpthosts everybody is taken; control files that cannot be read end it with 111', async () => {
  const open = makeHome()
  const env = { ...ENV }
  const r = await startProgram(open, 'qmail-qmtpd', { input: packet('\nhi', 'a', ['u@anywhere']), env })
  assert.equal(masked(r.stdout), 'K,')
  mkdirSync(open.at('control', 'rcpthosts'))
  assert.equal((await startProgram(open, 'qmail-qmtpd', { input: packet('\nhi', 'a', ['u@x']), env })).exit, 111)
})

test('resident under tcpserver -w: many clients, one process', async () => {
  const queue = await startQueued(home)
  const { port, daemon } = await startServer(home, 'qmail-qmtpd', ['-w', '1'])
  const before = queued(home).length
  const clients = Array.from({ length: 5 }, () => client(port))
  for (const c of clients) c.say(packet('\nby qmtp\n', 'a@b', ['u@x', 'v@other']) + packet('\nsecond\n', 'a@b', ['u@x']))
  for (const c of clients) assert.equal(masked(await c.until(/,.*,.*qp \d+,$/s)), `K,${NOT_ALLOWED}K,`)
  assert.equal(queued(home).length, before + 10)
  for (const c of clients) c.socket.end()
  await until('the ends', () => daemon.log().match(/end \d+ status 0\n/g)?.length === 5)
  await daemon.stop()
  await queue.stop()
})

test('a packet of millions of recipients is given up before it takes the memory of others, and others go on', async () => {
  const queue = await startQueued(home)
  const { port, daemon } = await startServer(home, 'qmail-qmtpd', ['-w', '1'])
  const greedy = client(port)
  greedy.say(net('\nhi\n') + net('a@b') + net('0:,'.repeat(2_000_000)))
  await until('its end', () => /end \d+ status 28416\n/.test(daemon.log()))
  assert.equal(greedy.heard(), '')
  const modest = client(port)
  modest.say(packet('\nhi\n', 'a@b', ['u@x']))
  assert.equal(masked(await modest.until(/,$/)), 'K,')
  modest.socket.end()
  await daemon.stop()
  await queue.stop()
})
