import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dnsZone } from '../helpers/dns-zone.ts'
import { makeHome } from '../helpers/home.ts'
import { startProgram } from '../helpers/start-program.ts'

const home = makeHome()
const TALK = 'HELO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSTARTTLS\r\nNOOP\r\nQUIT\r\nNOOP\r\n'
const PROGRAM = ['sh', '-c', `echo "let in \${RBLSMTPD-unset}"`]
const go = (args: string[], env: Record<string, string>, input = TALK) => startProgram(home, 'rblsmtpd', { args: [...args, ...PROGRAM], env, input })
const OK = '250 rblsmtpd.local\r\n'
const dialogue = (reply: string): string => `220 rblsmtpd.local\r\n${OK}${OK}${`${reply}\r\n`.repeat(3)}${OK}221 rblsmtpd.local\r\n`
const isIn = async (args: string[], env: Record<string, string>): Promise<void> => {
  assert.deepEqual(await go(args, env), { exit: 0, stdout: 'let in unset\n', stderr: '' })
}
const isOut = async (args: string[], env: Record<string, string>, reply: string): Promise<void> => {
  const r = await go(args, env)
  assert.deepEqual([r.exit, r.stdout], [0, dialogue(reply)], JSON.stringify(args))
  assert.match(r.stderr, new RegExp(`^rblsmtpd: ${env.TCPREMOTEIP ?? ''} pid \\d+: ${reply.replace(/[.*+?()[\]]/g, '\\$&')}\n$`))
}

test('$RBLSMTPD decides without a question', async () => {
  assert.equal((await go(['-r', 'x.invalid'], { RBLSMTPD: '', TCPREMOTEIP: '192.0.2.1' })).stdout, 'let in \n')
  await isOut([], { RBLSMTPD: 'go away', TCPREMOTEIP: '192.0.2.1' }, '451 go away')
  await isOut(['-b'], { RBLSMTPD: 'go away' }, '451 go away')
  await isOut([], { RBLSMTPD: '-go\x07away' }, '553 go?away')
})

test('lists: TXT and A forms, allow lists in order, IPv6', async () => {
  const nibbles = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2'
  const { server } = await dnsZone({
    '7.2.0.192.block.example': { txt: ['Listed, see http://block.example/'], a: ['127.0.0.2'] },
    '8.2.0.192.block.example': { a: ['127.0.0.2'] },
    '7.2.0.192.allow.example': { a: ['127.0.0.3'] },
    [`${nibbles}.block.example`]: { txt: ['six'] }
  })
  const env = (ip: string): Record<string, string> => ({ DNSCACHEIP: server, TCPREMOTEIP: ip })
  const LISTED = 'Listed, see http://block.example/'
  await isOut(['-r', 'block.example'], env('192.0.2.7'), `451 ${LISTED}`)
  await isOut(['-b', '-r', 'block.example'], env('192.0.2.7'), `553 ${LISTED}`)
  await isOut(['-r', 'block.example', '-b'], env('192.0.2.7'), `451 ${LISTED}`)
  await isIn(['-r', 'block.example'], env('192.0.2.8'))
  await isOut(['-r', 'block.example:no %IP%'], env('192.0.2.8'), '451 no 192.0.2.8')
  await isIn(['-r', 'block.example'], env('192.0.2.9'))
  await isIn(['-a', 'allow.example', '-r', 'block.example'], env('192.0.2.7'))
  await isOut(['-r', 'block.example', '-a', 'allow.example'], env('192.0.2.7'), `451 ${LISTED}`)
  await isOut(['-r', 'other.example', '-r', 'block.example'], env('2001:db8::1'), '451 six')
  await isIn(['-r', 'block.example'], { DNSCACHEIP: server })
  assert.equal((await go(['-ib', '-r', 'block.example'], env('192.0.2.7'))).stdout, `let in -${LISTED}\n`)
})

test('a list that cannot be asked: passed over, or with -c a reason; never for good', async () => {
  const { server } = await dnsZone({ '7.2.0.192.broken.example': { rcode: 2 }, '7.2.0.192.block.example': { txt: ['x'] } })
  const env = { DNSCACHEIP: server, TCPREMOTEIP: '192.0.2.7' }
  await isIn(['-r', 'broken.example'], env)
  await isOut(['-bc', '-r', 'broken.example'], env, '451 temporary RBL lookup error')
  await isOut(['-b', '-r', 'broken.example', '-r', 'block.example'], env, '451 x')
  await isIn(['-a', 'broken.example', '-r', 'block.example'], env)
  await isOut(['-c', '-a', 'broken.example', '-b', '-r', 'block.example'], env, '451 x')
})

test('-t: the whole conversation has its time; -t0 says one line', async () => {
  const r = await go(['-t0'], { RBLSMTPD: 'no' })
  assert.deepEqual([r.exit, r.stdout], [0, '451 no\r\n'])
  const { spawn } = await import('node:child_process')
  const child = spawn(home.at('bin', 'rblsmtpd'), ['-t1', 'true'], {
    env: { PATH: process.env.PATH ?? '', RBLSMTPD: 'no' },
    stdio: ['pipe', 'ignore', 'ignore']
  })
  const talk = setInterval(() => child.stdin.write('NOOP\r\n'), 50)
  child.stdin.on('error', () => {})
  const exit = await new Promise((resolve) => child.on('exit', resolve))
  clearInterval(talk)
  assert.equal(exit, 0)
})

test('text is cut at 200 bytes; a program that cannot be run is 111; usage 100', async () => {
  assert.equal((await go([], { RBLSMTPD: 'y'.repeat(300) }, 'RCPT\r\nQUIT\r\n')).stdout.split('\r\n')[1], `451 ${'y'.repeat(200)}`)
  const none = await startProgram(home, 'rblsmtpd', { args: ['./none'], env: { RBLSMTPD: '' } })
  assert.deepEqual([none.exit, none.stderr], [111, 'rblsmtpd: fatal: unable to run ./none: file does not exist\n'])
  const usage = await startProgram(home, 'rblsmtpd', { args: ['-r', 'x'] })
  assert.equal(usage.exit, 100)
  assert.match(usage.stderr, /^rblsmtpd: usage: rblsmtpd \[/)
})
