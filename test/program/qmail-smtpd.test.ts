import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { cdbBytes } from '../../src/format/cdb.ts'
import { makeHome } from '../helpers/home.ts'
import { type RunOptions, type RunResult, runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const scratch = mkdtempSync(join(tmpdir(), 'qm-smtpd-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

/** A queue program that keeps what it is given, then exits as told. */
const fakeQueue = join(scratch, 'qq')
writeFileSync(fakeQueue, '#!/bin/sh\ncat > "$KEEP.message"\ncat <&1 > "$KEEP.envelope"\n[ -z "$SAYS" ] || printf %s "$SAYS" >&6\nexit $CODE\n')
chmodSync(fakeQueue, 0o755)

let runs = 0
interface Result extends RunResult {
  message: string | undefined
  envelope: string | undefined
}
const smtpd = (input: string, env: Record<string, string> = {}, options: RunOptions = {}): Result => {
  const keep = join(scratch, String(runs++))
  const r = runProgram(home, 'qmail-smtpd', { input, env: { QMAILQUEUE: fakeQueue, KEEP: keep, CODE: '0', ...env }, ...options })
  const kept = (what: string): string | undefined => (existsSync(`${keep}.${what}`) ? readFileSync(`${keep}.${what}`, 'latin1') : undefined)
  return { ...r, message: kept('message'), envelope: kept('envelope') }
}
const MAIL = 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n'

test('a session from EHLO to QUIT: replies to the byte, exit 0, message and envelope as queued', () => {
  const r = smtpd(`EHLO c.example\r\n${MAIL}Subject: x\r\n\r\n..\xff\0\r\n.\r\nQUIT\r\n`, { TCPREMOTEIP: '192.0.2.7', TCPLOCALHOST: 'mx' })
  assert.equal(r.exit, 0)
  assert.match(
    r.stdout,
    /^220 mail\.example\.org ESMTP\r\n250-mail\.example\.org\r\n250-PIPELINING\r\n250 8BITMIME\r\n250 ok\r\n250 ok\r\n354 go ahead\r\n250 ok \d{10} qp \d+\r\n221 mail\.example\.org\r\n$/
  )
  assert.equal(r.envelope, 'Fa@b\0Tc@d\0\0')
  assert.match(
    r.message ?? '',
    /^Received: from unknown \(HELO c\.example\) \(192\.0\.2\.7\)\n {2}by mx with SMTP; \d+ \w{3} \d{4} \d\d:\d\d:\d\d -0000\nSubject: x\n\n\.\xff\0\n$/
  )
})

test('standard input may be a plain file', () => {
  const r = smtpd('', {}, { fds: { 0: `${MAIL}x\r\n.\r\nQUIT\r\n` } })
  assert.equal(r.exit, 0)
  assert.match(r.stdout, /\r\n221 mail\.example\.org\r\n$/)
})

test('exit is 1, in silence, when the client goes away without QUIT', () => {
  for (const input of ['', 'NOOP\r\n', 'QUIT']) assert.deepEqual([smtpd(input).exit, smtpd(input).stdout.includes('221')], [1, false], input)
})

test('a client that goes away within DATA gets nothing queued', () => {
  const r = smtpd(`${MAIL}Subject: half\r\n\r\nhal`)
  assert.equal(r.exit, 1)
  assert.ok(!r.envelope?.endsWith('\0\0'))
})

test('a bare LF in DATA is refused, and ends the session', () => {
  const r = smtpd(`${MAIL}x\r\n.\n\r\n.\r\nQUIT\r\n`)
  assert.equal(r.exit, 1)
  assert.match(r.stdout, /354 go ahead\r\n451 See https:\/\/cr\.yp\.to\/docs\/smtplf\.html\.\r\n$/)
  assert.ok(!r.envelope?.endsWith('\0\0'))
})

test("the queue program's exit code decides the reply", () => {
  const table: [code: string, says: string, reply: string][] = [
    ['11', '', '554 envelope address too long for qq (#5.1.3)'],
    ['31', 'Dignored', '554 mail server permanently rejected message (#5.3.0)'],
    ['53', '', '451 qq write error or disk full (#4.3.0)'],
    ['82', 'Dno thanks (#5.7.1)\nx', '554 no thanks (#5.7.1)'],
    ['82', 'Zlater (#4.7.1)', '451 later (#4.7.1)']
  ]
  for (const [code, says, reply] of table) {
    const r = smtpd(`${MAIL}x\r\n.\r\nQUIT\r\n`, { CODE: code, SAYS: says })
    assert.equal(r.stdout.split('\r\n')[4], reply)
    assert.equal(r.exit, 0)
  }
})

test('trouble with a control file is 421 and exit 1, before any greeting', () => {
  home.control('databytes', '')
  rmSync(home.at('control', 'databytes'))
  spawnSync('mkdir', [home.at('control', 'databytes')])
  const r = smtpd('QUIT\r\n')
  rmSync(home.at('control', 'databytes'), { recursive: true })
  assert.deepEqual([r.exit, r.stdout], [1, '421 unable to read controls (#4.3.0)\r\n'])
  assert.equal(r.stderr, 'qmail-smtpd: warning: unable to read control/databytes: is a directory\n')
})

test('morercpthosts.cdb adds to rcpthosts; a broken one is a control failure', () => {
  const say = 'MAIL FROM:<>\r\nRCPT TO:<u@more.example>\r\nRCPT TO:<u@a.deep.example>\r\nRCPT TO:<u@other.example>\r\nQUIT\r\n'
  home.control('rcpthosts', 'host.example\n')
  home.control(
    'morercpthosts.cdb',
    cdbBytes([
      ['more.example', ''],
      ['.deep.example', '']
    ]).toString('latin1')
  )
  assert.match(smtpd(say).stdout, /\r\n250 ok\r\n250 ok\r\n250 ok\r\n553 sorry, that domain isn't in my list of allowed rcpthosts \(#5\.7\.1\)\r\n221/)
  home.control('morercpthosts.cdb', 'broken')
  const broken = smtpd(say)
  for (const name of ['rcpthosts', 'morercpthosts.cdb']) rmSync(home.at('control', name))
  assert.match(broken.stdout, /250 ok\r\n421 unable to read controls \(#4\.3\.0\)\r\n$/)
  assert.equal(broken.exit, 1)
})

test('a silent client is told so after timeoutsmtpd seconds, and the exit is 1', async () => {
  home.control('timeoutsmtpd', '1\n')
  const child = spawn(home.at('bin', 'qmail-smtpd'), { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (data) => {
    said += data
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  rmSync(home.at('control', 'timeoutsmtpd'))
  assert.deepEqual([code, said], [1, '220 mail.example.org ESMTP\r\n451 timeout (#4.4.2)\r\n'])
})

test('a client that does not read is given up after timeoutsmtpd seconds', async () => {
  home.control('timeoutsmtpd', '1\n')
  const child = spawn(home.at('bin', 'qmail-smtpd'), { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => {})
  child.stdin.write('HELP\r\n'.repeat(200_000))
  const code = await new Promise((resolve) => child.on('exit', resolve))
  rmSync(home.at('control', 'timeoutsmtpd'))
  child.stdout.destroy()
  assert.equal(code, 1)
})
