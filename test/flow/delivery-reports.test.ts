import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { maildir, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const home = makeHome()
home.control('locals', 'local.example\n')
home.control('bounceformat', 'dsn\n')
const [joe, ann] = makeUsers(home, ['joe', 'ann'])
assert.ok(joe && ann)
for (const user of [joe, ann]) user.maildir()
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
