import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { takeQueued } from '../helpers/queued.ts'
import { type RunResult, runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const FIXED = 'From: x@y.example\nDate: x\nMessage-ID: y\n'
const sendmail = (args: string[], input = `${FIXED}\nhi\n`): RunResult => runProgram(home, 'sendmail', { args, input, env: { USER: 'joe' } })
const recipients = (): string[][] => takeQueued(home).map((letter) => letter.recipients)
const QUIET = { exit: 0, stdout: '', stderr: '' }

test("cron's MAILTO with two addresses is two recipients", () => {
  assert.deepEqual(sendmail(['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'a@example.org,b@example.org']), QUIET)
  assert.deepEqual(recipients(), [['a@example.org', 'b@example.org']])
})

for (const [operand, expected] of [
  ['Joe Doe <joe@example.org>', ['joe@example.org']],
  ['<joe@example.org>', ['joe@example.org']],
  ['joe@example.org (Joe Doe)', ['joe@example.org']],
  ['"Doe, Joe" <joe@example.org>, root', ['joe@example.org', 'root@mail.example.org']],
  ['friends: a@example.org, b@example.org;', ['a@example.org', 'b@example.org']],
  ['<@relay.example:joe@example.org>', ['joe@example.org']],
  ['"a b"@example.org', ['a b@example.org']],
  ['joe@[192.0.2.1]', ['joe@[192.0.2.1]']],
  ['a@example.org,,b@example.org,', ['a@example.org', 'b@example.org']]
] as const) {
  test(`sendmail's argument ${operand} is an RFC 822 address list`, () => {
    assert.deepEqual(sendmail([operand]), QUIET)
    assert.deepEqual(recipients(), [expected])
  })
}

test("qmail-inject's arguments stay raw", () => {
  assert.equal(runProgram(home, 'qmail-inject', { args: ['a@example.org,b@example.org'], input: `${FIXED}\n` }).exit, 0)
  assert.deepEqual(recipients(), [['a@example.org,b@example.org']])
})

test('-f takes an address as a header has it', () => {
  assert.deepEqual(sendmail(['-f', 'Joe <joe@example.org>', 'a@example.org']), QUIET)
  assert.equal(takeQueued(home)[0]?.sender, 'joe@example.org')
})

test('an argument that is no address list is refused', () => {
  assert.deepEqual(sendmail(['joe@(x']), { exit: 100, stdout: '', stderr: 'sendmail: fatal: unable to parse address: joe@(x\n' })
  assert.deepEqual(recipients(), [])
})

test('mail to nobody is refused, and why is said', () => {
  const none = 'sendmail: fatal: no recipients'
  for (const args of [[], ['-i'], [''], ['<>'], [',']])
    assert.deepEqual(sendmail(args), { exit: 64, stdout: '', stderr: `${none}: name them as arguments, or in the header with -t\n` }, args.join(' '))
  for (const header of ['', 'To: @@@\n', 'To:\n', 'Cc: <>\n', 'To: undisclosed-recipients:;\n'])
    assert.deepEqual(sendmail(['-t'], `${header}${FIXED}\nhi\n`), { exit: 65, stdout: '', stderr: `${none} in the arguments or the header\n` }, header)
  assert.deepEqual(sendmail(['-t'], `To: "Foo <a@example.org>\n${FIXED}\nhi\n`), {
    exit: 65,
    stdout: '',
    stderr: `${none} in the arguments or the header, and unable to parse this line:\nTo: "Foo <a@example.org>\n`
  })
  assert.deepEqual(recipients(), [])
  assert.deepEqual(runProgram(home, 'qmail-inject', { args: [], input: `${FIXED}\n` }), QUIET, 'qmail-inject accepts it, as it always did')
  assert.deepEqual(recipients(), [[]])
})

for (const [program, args] of [
  ['sendmail', ['a@example.org']],
  ['sendmail', ['-t']],
  ['qmail-inject', ['a@example.org']]
] as const) {
  test(`${program} ${args.join(' ')} <&- queues nothing`, () => {
    const r = spawnSync('/bin/sh', ['-c', 'exec "$0" "$@" <&-', home.at('bin', program), ...args], { encoding: 'latin1' })
    assert.equal(r.status, 111)
    assert.equal(r.stderr, 'qmail-inject: fatal: unable to read the message: its descriptor is closed\n')
    assert.deepEqual(recipients(), [])
  })
}

for (const [program, args, code] of [
  ['forward', ['a@example.org'], 111],
  ['condredirect', ['a@example.org', 'true'], 111],
  ['preline', ['cat'], 111],
  ['qmail-queue', [], 54],
  ['qmail-qmqpc', [], 54]
] as const) {
  test(`${program} <&- takes no message for an empty one`, () => {
    home.control('qmqpservers', '127.0.0.1\n')
    const env = { SENDER: 's@x', NEWSENDER: 's@x', DTLINE: 'Delivered-To: x\n', RPLINE: 'Return-Path: <s@x>\n', UFLINE: 'From s@x\n', PATH: '/usr/bin:/bin' }
    const r = spawnSync('/bin/sh', ['-c', 'exec "$0" "$@" <&-', home.at('bin', program), ...args], { encoding: 'latin1', env, timeout: 120_000 })
    assert.deepEqual([r.status, r.stdout.includes('From s@x')], [code, false], r.stderr)
    assert.deepEqual(recipients(), [])
  })
}

test('an empty message that is meant to be one is queued', () => {
  const r = spawnSync('/bin/sh', ['-c', 'exec "$0" a@example.org < /dev/null', home.at('bin', 'sendmail')], { encoding: 'latin1' })
  assert.deepEqual([r.status, r.stderr], [0, ''])
  assert.deepEqual(recipients(), [['a@example.org']])
})

test('who is named in the header and in the arguments gets one copy', () => {
  assert.deepEqual(
    sendmail(['-oi', '-t', 'a@example.org', 'b@Example.org'], `To: Joe <a@example.org>\nCc: b@EXAMPLE.ORG, c@example.org\n${FIXED}\nhi\n`),
    QUIET
  )
  assert.deepEqual(recipients(), [['a@example.org', 'b@Example.org', 'c@example.org']])
  assert.deepEqual(sendmail(['a@example.org', 'A@example.org', 'a@example.org']), QUIET)
  assert.deepEqual(recipients(), [['a@example.org', 'A@example.org']])
})

test('lines `>From ` at the start do not end the header', () => {
  for (const [start, left] of [
    ['>From joe Fri Nov 27 10:00:00 2026\n', ''],
    ['>>From joe\n>From joe\n', ''],
    ['From joe Fri Nov 27\n>From joe\n', 'MBOX-Line: From joe Fri Nov 27\n'],
    ['>From joe\r\n', '']
  ] as const) {
    const eol = start.includes('\r') ? '\r\n' : '\n'
    assert.deepEqual(sendmail(['-t'], start + `To: a@example.org\nSubject: s\n${FIXED}\n>From the body\n`.replaceAll('\n', eol)), QUIET)
    const [letter] = takeQueued(home)
    assert.deepEqual(letter?.recipients, ['a@example.org'])
    assert.equal(letter?.message, `${left}To: a@example.org\nSubject: s\n${FIXED}\n>From the body\n`)
  }
})
