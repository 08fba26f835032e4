import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { smtpSink } from '../helpers/smtp.ts'
import { maildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const home = makeHome()
home.control('locals', 'local.example\n')
home.control('bounceformat', 'dsn\n')
const [joe, ann] = makeUsers(home, ['joe', 'ann'])
assert.ok(joe && ann)
for (const user of [joe, ann]) user.maildir()
/** One that takes what senders ask for, and one that does not. */
const [modern, old] = [await smtpSink((command) => (command.startsWith('EHLO') ? '250-sink\r\n250-PIPELINING\r\n250 DSN' : undefined)), await smtpSink()]
home.control('rcpthosts', 'local.example\nmodern.example\nold.example\n')
home.control('smtproutes', `modern.example:127.0.0.1:${modern.port}\nold.example:127.0.0.1:${old.port}\n`)
home.control('esmtp', 'PIPELINING\nDSN\n')
const suite = await startSuite(home)

const sendmail = (...args: string[]) =>
  runProgram(home, 'sendmail', { args, input: 'Subject: hi\n\nbody\n', env: { USER: 'joe', MAILHOST: 'local.example' }, uid: joe.uid, gid: joe.gid })
const notice = (pattern: RegExp): Promise<string> =>
  until(`${pattern} for joe; log:\n${suite.log()}`, () => maildir(`${joe.home}/Maildir`).find((text) => pattern.test(text)))

test('sendmail -N success: who wrote it hears of the delivery, with the name that -V gave it', async () => {
  assert.deepEqual(sendmail('-N', 'success,failure', '-R', 'hdrs', '-V', 'my id+1', 'ann@local.example'), { exit: 0, stdout: '', stderr: '' })
  const text = await notice(/\nSubject: delivery notice\n/)
  assert.match(
    text,
    /^Return-Path: <>\nDelivered-To: joe@local\.example\nReceived: \(qmail \d+ invoked for bounce\)|^Return-Path: <>\nDelivered-To: joe@local\.example\nReceived: \(qmail/
  )
  assert.match(text, /\nOriginal-Envelope-Id: my id\+1\n/)
  assert.match(text, /\nFinal-Recipient: rfc822; ann@local\.example\nAction: delivered\nStatus: 2\.0\.0\n/)
  assert.match(suite.log(), /\nnotice msg \d+ qp \d+: success\n/)
  assert.equal(maildir(`${ann.home}/Maildir`).filter((one) => /\nSubject: hi\n/.test(one)).length, 1)
})

test('sendmail -N never: nobody hears of the failure; -N failure: somebody does', async () => {
  assert.equal(sendmail('-Nnever', '-Rfull', 'nobody-never@local.example').exit, 0)
  await until('the end of the silent one', () => /failure: [^\n]+\n[\s\S]*?end msg/.test(suite.log()))
  assert.doesNotMatch(suite.log(), /bounce msg/)
  assert.equal(sendmail('-N', 'FAILURE', '-R', 'full', 'nobody-loud@local.example').exit, 0)
  const text = await notice(/\nFinal-Recipient: rfc822; nobody-loud@local\.example\n/)
  assert.match(text, /\nAction: failed\nStatus: 5\.1\.1\n/)
  assert.match(text, /\nContent-Type: message\/rfc822\n[\s\S]*\n\nbody\n/)
  assert.ok(!maildir(`${joe.home}/Maildir`).some((one) => one.includes('nobody-never')))
})

test('sendmail refuses what -N, -R and -V cannot be, and takes nothing of it for nothing', () => {
  for (const args of [
    ['-N', 'sometimes'],
    ['-N', 'never,failure'],
    ['-R', 'half'],
    ['-V', 'x'.repeat(101)]
  ]) {
    const r = sendmail(...args, 'ann@local.example')
    assert.equal(r.exit, 64, args.join(' '))
    assert.match(r.stderr, /^sendmail: fatal: /)
  }
  assert.equal(sendmail('-N', '', '-V', '', 'ann@local.example').exit, 0)
})

for (const gear of [[], ['-w', '1']]) {
  test(`what an SMTP client asks for goes on to a host that takes it; of one that does not it is told that the message was relayed; ${gear.length > 0 ? 'resident' : 'first gear'}`, async () => {
    const { port, daemon } = await startSmtpd(home, gear)
    const id = `id${gear.length}`
    const talk = client(port)
    const recipients = [
      `RCPT TO:<far@modern.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first+2B${id}@x.example`,
      `RCPT TO:<silent-${id}@modern.example> NOTIFY=NEVER`,
      `RCPT TO:<plain-${id}@modern.example>`,
      `RCPT TO:<far-${id}@old.example> NOTIFY=SUCCESS`
    ]
    talk.say(['EHLO x', `MAIL FROM:<joe@local.example> RET=HDRS ENVID=${id}`, ...recipients, 'DATA', 'Subject: hi', '', 'body', '.', 'QUIT', ''].join('\r\n'))
    assert.match(await talk.closed(), /\r\n250[ -]DSN\r\n[\s\S]*250 ok \d+ qp \d+\r\n221 /)
    const text = await notice(new RegExp(`\nOriginal-Envelope-Id: ${id}\n`))
    assert.match(
      text,
      new RegExp(`\nFinal-Recipient: rfc822; far-${id}@old\\.example\nAction: relayed\nStatus: 2\\.0\\.0\nRemote-MTA: dns; \\[127\\.0\\.0\\.1\\]\n`)
    )
    assert.doesNotMatch(text, /modern\.example\nAction/)
    const heard = (pattern: RegExp): Promise<string> =>
      until(`${pattern} in ${modern.commands.join('|')}`, () => modern.commands.find((one) => pattern.test(one)))
    assert.equal(await heard(new RegExp(`^MAIL .*${id}`)), `MAIL FROM:<joe@local.example> RET=HDRS ENVID=${id}`)
    assert.equal(await heard(new RegExp(`first.*${id}`)), `RCPT TO:<far@modern.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first+2B${id}@x.example`)
    assert.equal(await heard(new RegExp(`silent-${id}@`)), `RCPT TO:<silent-${id}@modern.example> NOTIFY=NEVER`)
    assert.equal(await heard(new RegExp(`plain-${id}@`)), `RCPT TO:<plain-${id}@modern.example>`)
    assert.deepEqual(
      old.commands.filter((one) => /ENVID|NOTIFY|ORCPT|RET=/.test(one)),
      []
    )
    await daemon.stop()
  })
}
