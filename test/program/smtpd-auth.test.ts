import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { after, test } from 'node:test'
import { asked, layChecker, queued, smtpdWith, startAuthd } from '../helpers/auth.ts'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startQueued, until } from '../helpers/suite.ts'

const home = makeHome()
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')
const PLAIN = `AUTH PLAIN ${base64('\0joe\0secret')}\r\n`
const WRONG = `AUTH PLAIN ${base64('\0joe\0wrong')}\r\n`
const MAIL = 'MAIL FROM:<joe@here.example>\r\nRCPT TO:<u@far.example>\r\nDATA\r\n'

await startQueued(home)
await startAuthd(home, layChecker(home))
home.control('rcpthosts', 'here.example\n')
after(() => rmSync(home.at('control', 'rcpthosts'), { force: true }))

/** Both gears; the second is resident. */
const GEARS = { first: [], second: ['-w', '1'] }
const everyMechanism = { SMTPAUTH: '+cram+oauth' }

for (const [gear, options] of Object.entries(GEARS)) {
  test(`one who logs in may send anywhere, and is named in Received and in the log (${gear} gear)`, async () => {
    const { port, daemon } = await smtpdWith(home, { SMTPAUTH: '' }, options)
    const c = client(port)
    c.say('EHLO c.example\r\n')
    await c.until(/250-PIPELINING\r\n250-AUTH LOGIN PLAIN\r\n250 8BITMIME\r\n/)
    c.say(`MAIL FROM:<a@b>\r\nRCPT TO:<u@far.example>\r\nRSET\r\n${PLAIN}`)
    await c.until(/553 sorry[^\n]*\n250 flushed\r\n235 ok, go ahead \(#2\.0\.0\)\r\n/)
    c.say(`${PLAIN}RSET\r\n${MAIL}Subject: ${gear}\r\n\r\nx\r\n.\r\nQUIT\r\n`)
    assert.match(await c.closed(), /503 you're already authenticated[^\n]*\n250 flushed\r\n(250 ok\r\n){2}354 [^\n]*\n250 ok \d+ qp \d+\r\n221 /)
    const text = await until('the message', () => queued(home).find((message) => message.includes(`Subject: ${gear}`)))
    assert.match(text, /\(HELO c\.example\) \(joe@127\.0\.0\.1\)\n {2}by 0 with ESMTPA; /)
    await until('the log', () => /qmail-smtpd\[\d+\]: auth: auth-success type=plain user=<joe> ip=127\.0\.0\.1( id=\d+)?\n/.test(daemon.log()))
    assert.equal(/ip=127\.0\.0\.1 id=/.test(daemon.log()), gear === 'second')
    assert.ok(asked(home).includes('joe||smtp|127.0.0.1'))
  })

  test(`every mechanism, with an initial response and without (${gear} gear)`, async () => {
    const { port } = await smtpdWith(home, everyMechanism, options)
    const login = async (...lines: string[]): Promise<string> => {
      const c = client(port)
      c.say('EHLO c\r\n')
      await c.until(/250-AUTH LOGIN PLAIN CRAM-MD5 OAUTHBEARER XOAUTH2\r\n250 /)
      for (const [n, line] of lines.entries()) {
        c.say(`${line}\r\n`)
        await c.until(n === lines.length - 1 ? /\r\n[245]\d\d [^\n]*\n$/ : /334 [^\n]*\n$/)
      }
      c.say('QUIT\r\n')
      return (await c.closed()).replace(/^[\s\S]*?(?=\n334 |\n235 )\n/, '').replace(/221 [^\n]*\n$/, '')
    }
    const good = '235 ok, go ahead (#2.0.0)\r\n'
    assert.equal(await login('AUTH PLAIN', base64('joe\0joe\0secret')), `334 \r\n${good}`)
    assert.equal(await login('AUTH LOGIN', base64('joe'), base64('secret')), `334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n${good}`)
    assert.equal(await login(`auth login ${base64('joe')}`, base64('secret')), `334 UGFzc3dvcmQ6\r\n${good}`)
    assert.equal(await login(`AUTH OAUTHBEARER ${base64('n,a=joe,\x01host=x\x01auth=Bearer t0ken\x01\x01')}`), good)
    assert.equal(await login('AUTH XOAUTH2', base64('user=\x01auth=Bearer t0ken\x01\x01')), `334 \r\n${good}`)
  })

  test(`CRAM-MD5 answers a challenge that is nobody else's (${gear} gear)`, async () => {
    const { port } = await smtpdWith(home, { SMTPAUTH: 'cram' }, options)
    const challenges = new Set<string>()
    for (let n = 0; n < 2; n++) {
      const c = client(port)
      c.say(`EHLO c\r\n${PLAIN}AUTH CRAM-MD5\r\n`)
      const heard = await c.until(/250-AUTH CRAM-MD5\r\n[\s\S]*504 auth type invalid[^\n]*\n334 (\S+)\r\n/)
      const challenge = Buffer.from(/334 (\S+)/.exec(heard)?.[1] ?? '', 'base64').toString()
      challenges.add(challenge)
      assert.match(challenge, /^<[\d.]+@0>$/)
      c.say(`${base64(`joe ${createHmac('md5', 'secret').update(challenge).digest('hex')}`)}\r\n`)
      await c.until(/235 /)
    }
    assert.equal(challenges.size, 2)
  })

  test(`wrong passwords are refused, the last one ends the session; trouble is no refusal (${gear} gear)`, async () => {
    const { port, daemon } = await smtpdWith(home, { SMTPAUTH: '' }, options)
    home.control('authtries', '2\n')
    const c = client(port)
    c.say(`EHLO c\r\nAUTH PLAIN ${base64('\0busy\0x')}\r\n${WRONG}${WRONG}`)
    assert.match(await c.closed(), /454 oops[^\n]*\n535 authentication failed \(#5\.7\.1\)\r\n421 too many authentication failures \(#4\.7\.0\)\r\n$/)
    await until('the log', () => (daemon.log().match(/auth-failed type=plain user=<joe> ip=127/g) ?? []).length === 2)
    rmSync(home.at('control', 'authtries'))
  })

  test(`without SMTPAUTH there is no AUTH, and where it is required nothing is taken before (${gear} gear)`, async () => {
    const off = client((await smtpdWith(home, {}, options)).port)
    off.say(`EHLO c\r\n${PLAIN}MAIL FROM:<>\r\nQUIT\r\n`)
    assert.match(await off.closed(), /250-PIPELINING\r\n250 8BITMIME\r\n503 auth not available[^\n]*\n250 ok\r\n221/)
    const required = client((await smtpdWith(home, { SMTPAUTH: '!' }, options)).port)
    required.say(`EHLO c\r\nMAIL FROM:<>\r\n${PLAIN}MAIL FROM:<joe@mail.example.org>\r\nQUIT\r\n`)
    assert.match(await required.closed(), /530 Authorization required \(#5\.7\.1\)\r\n235 [^\n]*\n250 ok\r\n221/)
  })
}

test('in submission the sender has to be the user, the header is completed, and control/submitfrom minds From', async () => {
  home.control('locals', 'here.example\n')
  home.control('virtualdomains', 'virt.example:joe-v\n')
  home.control('submitfrom', '1\n')
  for (const [gear, options] of Object.entries(GEARS)) {
    const { port } = await smtpdWith(home, { SUBMISSION: '' }, options)
    const c = client(port)
    c.say(`EHLO c\r\nMAIL FROM:<joe@here.example>\r\n${PLAIN}MAIL FROM:<ann@here.example>\r\nMAIL FROM:<any@virt.example>\r\nMAIL FROM:<>\r\n`)
    await c.until(/530 Auth[^\n]*\n235 [^\n]*\n553 sorry, that is not your address \(#5\.7\.1\)\r\n250 ok\r\n250 ok\r\n$/)
    c.say(`${MAIL}From: <ann@here.example>\r\n\r\nx\r\n.\r\n${MAIL}From: Joe <joe-x@here.example>\r\nSubject: sub ${gear}\r\n\r\nx\r\n.\r\nQUIT\r\n`)
    assert.match(await c.closed(), /354 [^\n]*\n553 sorry, that is not your address \(#5\.7\.1\)\r\n(250 ok\r\n){2}354 [^\n]*\n250 ok \d+ qp \d+\r\n221/)
    const text = await until('the message', () => queued(home).find((message) => message.includes(`Subject: sub ${gear}`)))
    assert.match(
      text,
      /with ESMTPA; [^\n]*\nDate: [^\n]* -0000\nMessage-ID: <\d{14}\.[\d.]+\.qmail@mail\.example\.org>\nFrom: Joe <joe-x@here\.example>\nSubject: /
    )
    assert.ok(asked(home).includes('joe||submission|127.0.0.1'))
  }
  for (const name of ['locals', 'virtualdomains', 'submitfrom']) rmSync(home.at('control', name))
})

test('without TLS passwords are neither asked for nor taken from other hosts, but for FORCETLS=0', async () => {
  const far = { SMTPAUTH: '', TCPREMOTEIP: '192.0.2.1' }
  for (const options of Object.values(GEARS)) {
    const c = client((await smtpdWith(home, far, options)).port)
    c.say(`EHLO c\r\n${PLAIN}QUIT\r\n`)
    assert.match(await c.closed(), /250-PIPELINING\r\n250 8BITMIME\r\n538 [^\n]*\n221/)
    const d = client((await smtpdWith(home, { ...far, FORCETLS: '0', SMTPAUTHOLD: '' }, options)).port)
    d.say(`EHLO c\r\n${PLAIN}QUIT\r\n`)
    assert.match(await d.closed(), /250-AUTH LOGIN PLAIN\r\n250-AUTH=LOGIN PLAIN\r\n250 8BITMIME\r\n235 [^\n]*\n221/)
  }
})

test('a queue program finds who has logged in, and what was said, in its environment', async () => {
  const program = home.at('lib', 'queue-program')
  writeFileSync(
    program,
    `#!/bin/sh\ncat > /dev/null; cat <&1 > /dev/null; env > '${home.at('lib', 'queue-env')}.new'; mv '${home.at('lib', 'queue-env')}.new' '${home.at('lib', 'queue-env')}'\n`
  )
  chmodSync(program, 0o755)
  chmodSync(home.at('lib'), 0o777)
  const { port } = await smtpdWith(home, { SMTPAUTH: '', QMAILQUEUE: program }, ['-w', '1'])
  const c = client(port)
  c.say(`EHLO c.example\r\n${PLAIN}${MAIL}x\r\n.\r\nQUIT\r\n`)
  assert.match(await c.closed(), /250 ok \d+ qp \d+\r\n221 /)
  const env = readFileSync(home.at('lib', 'queue-env'), 'latin1').split('\n')
  for (const line of [
    'RELAYCLIENT=',
    'TCPREMOTEINFO=joe',
    'SMTPAUTHUSER=joe',
    'SMTP_AUTH_USER=joe',
    'SMTPAUTHMETHOD=plain',
    'AUTHUSER=joe',
    'AUTHPROTOCOL=plain',
    'SMTPHELO=c.example',
    'SMTPPROTO=ESMTPA',
    'SMTPMAILFROM=joe@here.example'
  ])
    assert.ok(env.includes(line), line)
  assert.ok(!env.join().includes('secret'), 'the password is in it')
})

test('a qmail-authd that is killed while it is asked is temporary, and the session goes on', async () => {
  const gate = home.at('lib', 'gate')
  assert.equal(spawnSync('mkfifo', [gate]).status, 0)
  const checker = home.at('lib', 'slow-checker')
  writeFileSync(checker, `#!/bin/sh\nread line < '${gate}'\n`)
  chmodSync(checker, 0o755)
  const other = makeHome()
  const daemon = await startAuthd(other, checker)
  await startQueued(other)
  const { port } = await smtpdWith(other, { SMTPAUTH: '' }, ['-w', '1'])
  const c = client(port)
  c.say(`EHLO c\r\n${PLAIN}`)
  const writer = await open(gate, 'w') // the checker is at work once somebody reads there
  await daemon.stop('SIGKILL')
  await writer.close()
  await c.until(/454 oops, unable to run the checker \(#4\.3\.0\)\r\n/)
  c.say('NOOP\r\n')
  await c.until(/454 [^\n]*\n250 ok\r\n/)
})

test('qmail-mfrules compiles control/mailfromrules, which holds from the next session on', async () => {
  const { port } = await smtpdWith(home, { SMTPAUTH: '' }, ['-w', '1'])
  const say = async (): Promise<string> => {
    const c = client(port)
    c.say(`EHLO c\r\n${PLAIN}MAIL FROM:<joe@here.example>\r\nMAIL FROM:<ann@here.example>\r\nQUIT\r\n`)
    return (await c.closed()).replace(/^[\s\S]*235 [^\n]*\n/, '')
  }
  assert.match(await say(), /^250 ok\r\n250 ok\r\n/)
  home.control('mailfromrules', 'joe&joe@here.example\n')
  assert.deepEqual(runProgram(home, 'qmail-mfrules'), { exit: 0, stdout: '', stderr: '' })
  assert.match(await say(), /^250 ok\r\n553 sorry, that is not your address \(#5\.7\.1\)\r\n/)
  for (const name of ['mailfromrules', 'mailfromrules.cdb']) rmSync(home.at('control', name))
})
