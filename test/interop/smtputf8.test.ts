import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { smtpSink } from '../helpers/smtp.ts'
import { maildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const skip = spawnSync('python3', ['--version']).status === 0 ? false : 'python3 is not there'
const bytes = (text: string): string => Buffer.from(text).toString('latin1')

const SEND = `import email.message, email.policy, smtplib, sys
m = email.message.EmailMessage(policy=email.policy.SMTPUTF8)
m['Subject'], m['From'], m['To'] = 'Grüße aus Bücherheim', 'joe-жанна@local.example', ', '.join(sys.argv[2:])
m.set_content('body\\n')
with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as s:
    s.ehlo()
    assert s.has_extn('smtputf8'), s.esmtp_features
    assert s.send_message(m) == {}
`
/** message/global-delivery-status is a block of fields after another. */
const READ = `import email, email.policy, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = list(m.iter_parts())
print(json.dumps({ 'type': m.get_content_type(), 'parts': [[p.get_content_type(), str(p['Content-Transfer-Encoding'])] for p in parts],
    'defects': [str(d) for d in m.defects], 'subject': parts[2].get_payload()[0]['Subject'] if parts[2].is_multipart() else None }))
`

const home = makeHome()
home.control('locals', 'local.example\nxn--bcher-kva.example\n')
home.control('rcpthosts', 'local.example\nxn--bcher-kva.example\nmodern.example\nxn--lter-koa.example\n')
home.control('bounceformat', 'dsn\n')
home.control('recipientcheck', '0\n')
home.control('esmtp', 'PIPELINING\n8BITMIME\nSMTPUTF8\n')
const [joe, ann] = makeUsers(home, ['joe', 'ann'])
assert.ok(joe && ann)
for (const user of [joe, ann]) user.maildir()
writeFileSync(join(joe.home, '.qmail-default'), './Maildir/\n')
const [modern, old] = [await smtpSink((command) => (command.startsWith('EHLO') ? '250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8' : undefined)), await smtpSink()]
home.control('smtproutes', `modern.example:127.0.0.1:${modern.port}\n:127.0.0.1:${old.port}\n`)
const suite = await startSuite(home)

const arrival = (of: string, pattern: RegExp): Promise<string> =>
  until(`${pattern} in ${of}; log:\n${suite.log()}`, () => maildir(`${of}/Maildir`).find((text) => pattern.test(text)))

for (const gear of [[], ['-w', '1']]) {
  test(`Python's smtplib sends by SMTPUTF8: to a mailbox of a domain listed by A-labels, on to a host that has it, and back from one that has it not; ${gear.length > 0 ? 'resident' : 'first gear'}`, {
    skip
  }, async () => {
    const { port, daemon } = await startSmtpd(home, gear)
    const far = `анна${gear.length}`
    const sent = spawnSync('python3', ['-c', SEND, String(port), 'ann@bücher.example', `${far}@modern.example`, `${far}@älter.example`], { encoding: 'utf8' })
    assert.equal(sent.status, 0, sent.stderr)

    const local = await arrival(ann.home, new RegExp(bytes(`\nTo: [^\n]*${far}@`)))
    assert.match(local, /\n {2}by [^\n]* with UTF8SMTP; /)
    assert.ok(local.startsWith(bytes('Return-Path: <"joe-жанна"@local.example>\nDelivered-To: ann@bücher.example\n')), local.slice(0, 200))

    const heard = await until(`${far} at the modern host`, () => modern.messages.find(({ to }) => to[0] === bytes(`${far}@modern.example`)))
    assert.equal(heard.from, bytes('joe-жанна@local.example'))
    assert.match(heard.text, new RegExp(bytes('\nSubject: Grüße aus Bücherheim\r?\n')))
    assert.ok(modern.commands.includes(bytes('MAIL FROM:<joe-жанна@local.example> SMTPUTF8 BODY=8BITMIME')), modern.commands.join('|'))

    const bounce = await arrival(joe.home, new RegExp(bytes(`\nFinal-Recipient: utf-8; ${far}@älter.example\nAction: failed\nStatus: 5\\.6\\.7\n`)))
    assert.match(bounce, /\nRemote-MTA: dns; \[127\.0\.0\.1\]\nDiagnostic-Code: x-qmail; 127\.0\.0\.1 does not take internationalised mail/)
    const read = spawnSync('python3', ['-c', READ], { input: Buffer.from(bounce, 'latin1'), encoding: 'utf8' })
    assert.equal(read.status, 0, read.stderr)
    assert.deepEqual(JSON.parse(read.stdout), {
      type: 'multipart/report',
      parts: [
        ['text/plain', '8bit'],
        ['message/global-delivery-status', '8bit'],
        ['message/global', '8bit']
      ],
      defects: [],
      subject: 'Grüße aus Bücherheim'
    })
    assert.deepEqual(old.messages, [])
    await daemon.stop()
  })
}

test('sendmail knows mail of SMTPUTF8 by its header, and its bounces are such too', async () => {
  const sendmail = (subject: string, ...args: string[]) =>
    runProgram(home, 'sendmail', {
      args,
      input: bytes(`Subject: ${subject}\n\nbody\n`),
      env: { USER: 'joe', MAILHOST: 'local.example' },
      uid: joe.uid,
      gid: joe.gid
    })
  assert.deepEqual(sendmail('Grüße', 'header@modern.example', 'header@old.example'), { exit: 0, stdout: '', stderr: '' })
  await until('the header at the modern host', () => modern.messages.find(({ to }) => to[0] === 'header@modern.example'))
  assert.ok(modern.commands.includes('MAIL FROM:<joe@local.example> SMTPUTF8 BODY=8BITMIME'), modern.commands.join('|'))
  const bounce = await arrival(joe.home, /\nFinal-Recipient: rfc822; header@old\.example\nAction: failed\nStatus: 5\.6\.9\n/)
  assert.match(bounce, /\nContent-Type: message\/global-delivery-status\n/)
  assert.equal(sendmail('plain', 'plain@modern.example', 'plain@old.example').exit, 0)
  assert.equal(sendmail('plain', '-f', 'joe-\u00e9@local.example', 'bounce@old.example').exit, 0)
  await until('the plain one at both', () => [...modern.messages, ...old.messages].filter(({ to }) => to[0]?.startsWith('plain@')).length === 2)
  assert.ok(modern.commands.includes('MAIL FROM:<joe@local.example>'), modern.commands.join('|'))
  await arrival(joe.home, /\nFinal-Recipient: rfc822; bounce@old\.example\nAction: failed\nStatus: 5\.6\.7\n/)
})
