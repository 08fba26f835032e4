import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startQueued, startSmtpd, until } from '../helpers/suite.ts'

const home = makeHome()
home.control('rcpthosts', 'here.example\n')
home.control('recipientcheck', '0\n')
home.control('esmtp', 'PIPELINING\n')
home.control('smtpdlog', 's\n')
home.control('xclient', '127.0.0.1\n')
const refuse = home.at('refuse')
writeFileSync(refuse, '#!/bin/sh\nexit 100\n')
chmodSync(refuse, 0o755)
const cdb = home.at('rules.cdb')
const RULES = `127.0.0.1:allow,RELAYCLIENT="",DATABYTES="7000"
192.0.2.66:deny
192.0.2.7:allow,RELAYCLIENT="@via.example"
192.0.2.8:allow,RCPTCHECK="${refuse}"
2001:db8::1:deny
=.trusted.example:allow,RELAYCLIENT=""
192.0.2.:allow
`
assert.equal(runProgram(home, 'tcprules', { args: [cdb, `${cdb}.tmp`], input: RULES }).exit, 0)
await startQueued(home)

const HELLO = '220 mail.example.org ESMTP\r\n'
const AWAY = 'RCPT TO:<a@away.example>'
const AS_OTHER = 'XCLIENT NAME=c.client.example ADDR=192.0.2.9 PORT=2525 HELO=h.example PROTO=ESMTP'
const CLOSED = 'closed'

/** What a server answers to each of these lines. */
const talk = async (port: number, says: readonly string[]): Promise<string[]> => {
  const c = client(port)
  const answers: string[] = []
  let at = (await c.until(/220 .*\r\n/)).length
  for (const line of says) {
    c.say(`${line}\r\n`)
    const answered = (): boolean => /(?:^|\n)\d{3} [^\r\n]*\r\n$/.test(c.heard().slice(at))
    await until(`an answer to ${line}`, () => answered() || c.socket.readableEnded || c.socket.destroyed)
    answers.push(answered() ? c.heard().slice(at) : CLOSED)
    at = c.heard().length
  }
  c.socket.destroy()
  return answers
}
const codes = (answers: string[]): string[] => answers.map((one) => (one === CLOSED ? one : (one.trimEnd().split('\r\n').at(-1)?.slice(0, 3) ?? '')))

for (const gear of [[], ['-w', '1']]) {
  const name = gear.length > 0 ? 'resident' : 'first gear'
  const { port, daemon } = await startSmtpd(home, ['-x', cdb, ...gear])

  test(`a front end is offered XCLIENT and XFORWARD, and may speak for a client between messages; ${name}`, async () => {
    const [ehlo = '', mail, relayed, busy, flushed, taken] = await talk(port, ['EHLO front', 'MAIL FROM:<>', AWAY, AS_OTHER, 'RSET', AS_OTHER])
    assert.ok(
      ehlo.endsWith(
        '250-PIPELINING\r\n250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT\r\n250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n'
      ),
      ehlo
    )
    assert.deepEqual([mail, relayed, busy, flushed, taken], ['250 ok\r\n', '250 ok\r\n', '503 a message is under way (#5.5.1)\r\n', '250 flushed\r\n', HELLO])
  })

  test(`the rules are those for the client, and nothing is left of the front end's own; ${name}`, async () => {
    const body = 'Subject: x\r\n\r\nhi\r\n.'
    const answers = await talk(port, [AS_OTHER, 'XCLIENT ADDR=192.0.2.7', 'MAIL FROM:<s@x>', AWAY, 'RCPT TO:<a@here.example>', 'DATA', body, 'EHLO other'])
    assert.deepEqual(codes(answers), ['220', '550', '250', '553', '250', '354', '250', '250'])
    assert.equal(answers[1], '550 not authorised (#5.7.1)\r\n')
    assert.doesNotMatch(answers.at(-1) ?? '', /XCLIENT|XFORWARD/)
    const { message } = await until('the message', () => queued(home).find((one) => one.message.includes('h.example)')))
    assert.match(message, /\nReceived: from c\.client\.example \(HELO h\.example\) \(192\.0\.2\.9\)\n {2}by [^\n]* with ESMTP;/)
    await until('the log', () => /qlogreceived: [^\n]* remoteip=192\.0\.2\.9 remoteport=2525 remotehost=c\.client\.example /.test(daemon.log()))
    const large = `${'x'.repeat(900)}\r\n`.repeat(10)
    assert.deepEqual(codes(await talk(port, ['MAIL FROM:<s@x>', 'RCPT TO:<a@here.example>', 'DATA', `${large}.`])), ['250', '250', '354', '552'])
    assert.deepEqual(codes(await talk(port, [AS_OTHER, 'MAIL FROM:<s@x>', 'RCPT TO:<a@here.example>', 'DATA', `${large}.`])), [
      '220',
      '250',
      '250',
      '354',
      '250'
    ])
  })

  test(`a client with a rule of its own has what that gives, by address or by name; one that may not connect is sent away; ${name}`, async () => {
    assert.deepEqual(codes(await talk(port, ['XCLIENT ADDR=192.0.2.7', 'MAIL FROM:<>', AWAY])), ['220', '250', '250'])
    assert.deepEqual(codes(await talk(port, ['XCLIENT NAME=x.trusted.example ADDR=198.51.100.9', 'MAIL FROM:<>', AWAY])), ['220', '250', '250'])
    assert.deepEqual(codes(await talk(port, ['XCLIENT NAME=[UNAVAILABLE] ADDR=198.51.100.9', 'MAIL FROM:<>', AWAY])), ['220', '250', '553'])
    for (const denied of ['ADDR=192.0.2.66', 'ADDR=IPV6:2001:DB8:0::1', 'NAME=x.trusted.example ADDR=192.0.2.66'])
      assert.deepEqual(await talk(port, [`XCLIENT ${denied}`, 'NOOP']), ['421 you may not connect (#4.7.1)\r\n', CLOSED], denied)
  })

  test(`a rule that hooks a program in holds in a process of its own, and is not passed over elsewhere; ${name}`, async () => {
    const answers = await talk(port, ['XCLIENT ADDR=192.0.2.8', 'MAIL FROM:<>', 'RCPT TO:<a@here.example>'])
    if (gear.length > 0) assert.deepEqual(answers, ['421 this client needs a process of its own (#4.3.2)\r\n', CLOSED, CLOSED])
    else assert.deepEqual(codes(answers), ['220', '250', '550'])
  })

  test(`LOGIN stands for AUTH at the front end; ${name}`, async () => {
    assert.deepEqual(codes(await talk(port, ['XCLIENT ADDR=192.0.2.9 LOGIN=joe+40here.example', 'EHLO x', 'MAIL FROM:<s@x>', AWAY, 'DATA', 'Subject: by joe\r\n\r\nhi\r\n.'])), ['220', '250', '250', '250', '354', '250']) // biome-ignore format: one line
    const { message } = await until('the message', () => queued(home).find((one) => one.message.includes('Subject: by joe\n')))
    assert.match(message, /\nReceived: from unknown \(HELO x\) \(joe@here\.example@192\.0\.2\.9\)\n {2}by [^\n]* with ESMTPA;/)
  })

  test(`XFORWARD is for the log; ${name}`, async () => {
    const says = [
      'XFORWARD NAME=a.example ADDR=198.51.100.7 HELO=two+20words',
      'XFORWARD IDENT=Q1',
      'MAIL FROM:<s@x>',
      'XFORWARD NAME=b',
      'RCPT TO:<a@here.example>'
    ]
    assert.deepEqual(codes(await talk(port, says)), ['250', '250', '250', '503', '250'])
    await until('the log', () =>
      /qlogenvelope: [^\n]* remoteip=127\.0\.0\.1 [^\n]* xforwardname=a\.example xforwardaddr=198\.51\.100\.7 xforwardhelo=two_words xforwardident=Q1\n/.test(
        daemon.log()
      )
    )
  })

  test(`what makes no sense is 501, and what comes behind XCLIENT is not heard; ${name}`, async () => {
    const bad = [
      '',
      'ADDR',
      'ADDR=',
      'ADDR=1.2.3',
      'ADDR=IPV6:x',
      'PORT=65536',
      'PROTO=LMTP',
      'NAME=a+0Ab',
      'NAME=a+zz',
      'IDENT=x',
      'ADDR=1.2.3.4 ADDR=1.2.3.4',
      `NAME=${'x'.repeat(256)}`
    ]
    assert.deepEqual(new Set(await talk(port, bad.map((one) => `XCLIENT ${one}`))), new Set(['501 malformed XCLIENT (#5.5.4)\r\n'])) // biome-ignore format: one line
    assert.deepEqual(await talk(port, ['XFORWARD LOGIN=x']), ['501 malformed XFORWARD (#5.5.4)\r\n'])
    const c = client(port)
    await c.until(/220/)
    c.say('XCLIENT ADDR=192.0.2.9\r\nMAIL FROM:<>\r\n')
    assert.match(await c.closed(), /\r\n503 pipelining after XCLIENT \(#5\.5\.0\)\r\n$/)
  })

  test(`swaks as a front end; ${name}`, { skip: spawnSync('swaks', ['--version']).status === 0 ? false : 'swaks is not there' }, () => {
    const args = [
      '--server',
      '127.0.0.1',
      '--port',
      String(port),
      '--from',
      's@x',
      '--helo',
      'swaks.example',
      '--xclient',
      'ADDR=192.0.2.9 NAME=c.client.example'
    ]
    const refused = spawnSync('swaks', [...args, '--to', 'a@away.example'], { encoding: 'utf8' })
    assert.match(refused.stdout, /-> XCLIENT [^\n]*\n<- {2}220 [\s\S]*<\*\* 553 /)
    const sent = spawnSync('swaks', [...args, '--to', 'a@here.example'], { encoding: 'utf8' })
    assert.equal(sent.status, 0, sent.stdout)
  })
}

test('who is not in control/xclient may not; without the file, or without tcpserver to tell of the rules, there is no such thing', async () => {
  home.control('xclient', '192.0.2.1\n192.0.2.0/24\nnonsense\n')
  const { port, daemon } = await startSmtpd(home, ['-x', cdb])
  const [ehlo, ...answers] = await talk(port, ['EHLO x', AS_OTHER, 'XFORWARD NAME=x'])
  assert.doesNotMatch(ehlo ?? '', /XCLIENT|XFORWARD/)
  assert.deepEqual(answers, ['550 not authorised (#5.7.1)\r\n', '550 not authorised (#5.7.1)\r\n'])
  assert.match(daemon.log(), /warning: control\/xclient: passed over, as it is no address or address\/bits: nonsense\n/)
  home.control('xclient', '127.0.0.1\n')
  const alone = runProgram(home, 'qmail-smtpd', { input: `${AS_OTHER}\r\nQUIT\r\n`, env: { TCPREMOTEIP: '127.0.0.1', RELAYCLIENT: '' } })
  assert.match(alone.stdout, /\r\n550 not authorised \(#5\.7\.1\)\r\n221 /)
  home.control('xclient', '')
  assert.deepEqual(await talk(port, [AS_OTHER, 'XFORWARD NAME=x']), ['502 unimplemented (#5.5.1)\r\n', '502 unimplemented (#5.5.1)\r\n'])
})
