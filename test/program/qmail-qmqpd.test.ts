import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { startProgram } from '../helpers/start-program.ts'

const home = makeHome()
const [seen, envelopeFile, taker] = [home.at('seen'), home.at('envelope'), home.at('taker')]
writeFileSync(taker, `#!/bin/sh\ncat > ${seen}\ncat <&1 > ${envelopeFile}\nexit "$\{QQEXIT-0}"\n`)
chmodSync(taker, 0o755)
const go = (input: string, env: Record<string, string> = {}) =>
  startProgram(home, 'qmail-qmqpd', { input, env: { TCPREMOTEIP: '192.0.2.7', TCPLOCALIP: '192.0.2.1', QMAILQUEUE: taker, ...env } })
const net = (text: string): string => `${text.length}:${text},`
const request = (...parts: string[]): string => net(parts.map(net).join(''))
const masked = (text: string): string => text.replace(/\d+:Kok \d+ qp \d+,/g, 'K,')

test('one request, one answer; what follows is not read', async () => {
  const r = await go(`${request('hi\r\nx', 'a@b', 'u@x', 'v')}more`)
  assert.deepEqual([r.exit, masked(r.stdout), r.stderr], [0, 'K,', ''])
  assert.match(readFileSync(seen, 'latin1'), /^Received: from unknown \(192\.0\.2\.7\)\n {2}by 192\.0\.2\.1 with QMQP; \d.* -0000\nhi\r\nx$/)
  assert.equal(readFileSync(envelopeFile, 'latin1'), 'Fa@b\0Tu@x\0Tv\0\0')
  assert.equal(masked((await go(request('m', 's'))).stdout), 'K,')
})

test('an address that is no good, or a queue that fails, is the whole answer', async () => {
  const bad = net("Dsorry, I can't accept addresses like that (#5.1.3)")
  for (const parts of [
    ['m', 's', 'u', 'r'.repeat(1000)],
    ['m', 's\0', 'u'],
    ['m', 's', 'n\0n', 'u']
  ])
    assert.equal((await go(request(...parts))).stdout, bad)
  assert.equal((await go(request('m', 's', 'u'), { QQEXIT: '31' })).stdout, net('Dmail server permanently rejected message (#5.3.0)'))
})

test('what is not QMQP is 100, a length beyond all reason 111, a client that leaves 0: no answer, nothing queued', async () => {
  rmSync(envelopeFile, { force: true })
  const table: [input: string, exit: number][] = [
    ['x', 100],
    [`${'0'.repeat(101)}1:`, 100],
    ['9:1:m,1', 0],
    ['5:1:m,1', 100],
    ['9:1:m,1:s,x', 100],
    ['6:9:m,1:s,,', 100],
    ['8:1:m,1:s,;', 100],
    ['8:1:m;1:s,,', 100],
    ['30000000000:', 111],
    ['', 0]
  ]
  for (const [input, exit] of table) {
    const r = await go(input)
    assert.deepEqual([r.exit, r.stdout], [exit, ''], input)
  }
  assert.ok(!existsSync(envelopeFile) || !readFileSync(envelopeFile, 'latin1').endsWith('\0\0'))
})
