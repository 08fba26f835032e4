import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { smtpSend, smtpSink } from '../helpers/smtp.ts'
import { maildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

// One installed suite serves all tests of this file; each has recipients of its own.
const home = makeHome()
const refused = new Set<string>(['5xx'])
const sink = await smtpSink((command) => {
  const who = /^RCPT TO:<(\w+)@/.exec(command)?.[1] ?? ''
  return refused.has(who) ? (who === '5xx' ? '550 5.1.1 no such user' : '450 4.2.0 not now') : undefined
})
home.control('locals', 'local.example\n')
home.control('rcpthosts', 'local.example\n')
home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
const [joe, ann, bob] = makeUsers(home, ['joe', 'ann', 'bob'])
assert.ok(joe && ann && bob)
for (const user of [joe, ann, bob]) user.maildir()
const suite = await startSuite(home)
const { port } = await startSmtpd(home)
const resident = await startSmtpd(home, ['-w', '2'])

/** sendmail -t from joe, with these header fields. */
const sendmail = (header: string, body = 'body\n'): void => {
  const r = runProgram(home, 'sendmail', {
    args: ['-t'],
    input: `${header}\n\n${body}`,
    env: { USER: 'joe', MAILHOST: 'local.example' },
    uid: joe.uid,
    gid: joe.gid
  })
  assert.deepEqual(r, { exit: 0, stdout: '', stderr: '' })
}
const withSubject = (folder: string, subject: string): string | undefined => maildir(folder).find((text) => text.includes(`Subject: ${subject}\n`))
const arrives = (folder: string, subject: string): Promise<string> => until(`"${subject}" in ${folder}`, () => withSubject(folder, subject))

test('a message that enters by SMTP is delivered to a Maildir, from the network, with its envelope in the header', async () => {
  assert.match(await smtpSend(port, 'far@away.example', ['joe@local.example'], 'Subject: by smtp\n\n.dot\n'), /^250 ok \d+ qp \d+$/)
  const text = await arrives(`${joe.home}/Maildir`, 'by smtp')
  // in a one-user installation all programs have one uid, and it says nothing of where a message is from
  const from = isRoot ? 'from network' : `by uid ${process.getuid?.()}`
  assert.ok(text.startsWith('Return-Path: <far@away.example>\nDelivered-To: joe@local.example\nReceived: (qmail '), text)
  assert.ok(text.includes(` invoked ${from}); `), text)
  assert.match(text, /\nReceived: from unknown \(HELO client\.example\) \(127\.0\.0\.1\)\n {2}by 0 with SMTP; /)
  assert.ok(text.endsWith('\nSubject: by smtp\n\n.dot\n'))
})

test('the same through resident qmail-smtpd processes, with nothing left over from one session to the next', async () => {
  await Promise.all(
    Array.from({ length: 12 }, (_, i) => smtpSend(resident.port, `s${i}@away.example`, ['ann@local.example'], `Subject: resident ${i}\n\n${i}\n`))
  )
  for (let i = 0; i < 12; i++) {
    const text = await arrives(`${ann.home}/Maildir`, `resident ${i}`)
    assert.ok(text.startsWith(`Return-Path: <s${i}@away.example>\n`) && text.endsWith(`\n\n${i}\n`), text)
    assert.match(text, /invoked from network/)
  }
})

test('sendmail -t delivers to a Maildir, an mbox, a program and by a forward', async () => {
  joe.lay('.qmail-all', `./Mailbox\n|cat > caught; echo "$SENDER $RECIPIENT" >> caught\n&ann@local.example\n./Maildir/\n`)
  sendmail('To: joe-all@local.example\nSubject: four ways', 'From here\n')
  const inMaildir = await arrives(`${joe.home}/Maildir`, 'four ways')
  assert.ok(inMaildir.endsWith('\n\nFrom here\n'))
  const forwarded = await arrives(`${ann.home}/Maildir`, 'four ways')
  assert.match(forwarded, /^Return-Path: <joe@local\.example>\nDelivered-To: ann@local\.example\n[\s\S]*\nDelivered-To: joe-all@local\.example\n/)
  const mbox = readFileSync(`${joe.home}/Mailbox`, 'latin1')
  assert.match(
    mbox,
    /^From joe@local\.example [A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \d{4}\nReturn-Path: <joe@local\.example>\nDelivered-To: joe-all@local\.example\n/
  )
  assert.ok(mbox.endsWith('\n\n>From here\n\n'))
  const caught = readFileSync(`${joe.home}/caught`, 'latin1')
  assert.ok(caught.startsWith('Received: (qmail '), 'a program gets the message as it is, with no added lines')
  assert.ok(caught.endsWith('joe@local.example joe-all@local.example\n'))
})

test('a message for another host goes out by SMTP where control/smtproutes says', async () => {
  sendmail('To: you@elsewhere.example\nSubject: out', '.leading dot\n')
  const got = await until('the message at the other host', () => sink.messages.find((m) => m.text.includes('Subject: out\r\n')))
  assert.deepEqual([got.from, got.to], ['joe@local.example', ['you@elsewhere.example']])
  assert.ok(got.text.endsWith('\r\n\r\n..leading dot'))
})

test('a message for an unknown local user is bounced to its sender', async () => {
  sendmail('To: nobody-here@local.example\nSubject: to nobody')
  const bounce = await until('the bounce', () => maildir(`${joe.home}/Maildir`).find((t) => t.includes('<nobody-here@local.example>:\n')))
  assert.match(bounce, /^Return-Path: <>\nDelivered-To: joe@local\.example\nReceived: \(qmail \d+ invoked for bounce\)/)
  assert.match(bounce, /\nSubject: failure notice\n\nHi\. This is the qmail-send program at mail\.example\.org\.\n/)
  assert.match(
    bounce,
    /\nSorry, no mailbox here by that name\. \(#5\.1\.1\)\n\n--- Below this line is a copy of the message\.\n\nReturn-Path: <joe@local\.example>\nReceived: /
  )
})

test('a 5xx of the other host is bounced, with what it said', async () => {
  sendmail('To: 5xx@elsewhere.example\nSubject: refused')
  const bounce = await until('the bounce', () => maildir(`${joe.home}/Maildir`).find((t) => t.includes('<5xx@elsewhere.example>:\n')))
  assert.match(bounce, /550 5\.1\.1 no such user/)
})

test('a 4xx of the other host leaves the message in the queue, and SIGALRM tries it again', async () => {
  refused.add('later')
  sendmail('To: later@elsewhere.example\nSubject: not now')
  await until('the deferral', () => /delivery \d+: deferral: [^\n]*450_4\.2\.0_not_now/.test(suite.log()))
  const listed = runProgram(home, 'qmail-qread')
  assert.match(listed.stdout, /<joe@local\.example> \n\tremote\tlater@elsewhere\.example\n/)
  // what other tests have sent is delivered, but may be in the queue for a moment more
  await until('just this one in the queue', () =>
    /^messages in queue: 1\nmessages in queue but not yet preprocessed: 0\n$/.test(runProgram(home, 'qmail-qstat').stdout)
  )
  refused.delete('later')
  suite.child.kill('SIGALRM')
  await until('the second try', () => sink.messages.find((m) => m.to.includes('later@elsewhere.example')))
  await until('an empty queue', () => runProgram(home, 'qmail-qstat').stdout.startsWith('messages in queue: 0\n'))
})

test('SIGHUP re-reads control/locals', async () => {
  home.control('locals', 'local.example\nnew.example\n')
  suite.child.kill('SIGHUP')
  await until('the new local domain', () => {
    sendmail('To: ann@new.example\nSubject: after HUP')
    return withSubject(`${ann.home}/Maildir`, 'after HUP') !== undefined
  })
})

test('an unreadable control file is a temporary failure that names the file', async () => {
  home.control('databytes', '')
  rmSync(home.at('control', 'databytes'))
  const { mkdirSync } = await import('node:fs')
  mkdirSync(home.at('control', 'databytes'))
  try {
    const r = runProgram(home, 'qmail-smtpd', { input: 'QUIT\r\n' })
    assert.match(r.stdout, /^421 .*\(#4\.3\.0\)\r\n$/)
    assert.match(r.stderr, /control\/databytes/)
    assert.equal(existsSync(home.at('control', 'databytes')), true)
  } finally {
    rmSync(home.at('control', 'databytes'), { recursive: true })
  }
})
