import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeSbin, noSbinOfOurOwn } from '../helpers/as-sendmail.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { type Daemon, maildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { PATIENT } from '../helpers/wait.ts'

// Programs that send mail, each as its authors made it, with ours at /usr/sbin/sendmail (spec injection-admin.md 13.3).

const skip = noSbinOfOurOwn()
const home = makeHome(isRoot ? 'private' : 'self')
const [joe] = makeUsers(home, ['joe'])
const top = join(import.meta.dirname, '..', '..')
const TO = 'joe@local.example'

const run = skip ? undefined : makeSbin(home)
const start = (): Promise<Daemon> => {
  home.control('locals', 'local.example\n')
  home.control('rcpthosts', 'local.example\n')
  joe?.maildir()
  return startSuite(home)
}
const daemon = skip ? undefined : await start()

const needs = (...files: string[]): { skip: string | false; timeout: number } => {
  const missing = files.filter((file) => !existsSync(file))
  return { ...PATIENT, skip: skip || (missing.length > 0 && `not installed: ${missing.join(', ')}`) }
}
const lay = (name: string, text: string): string => {
  writeFileSync(home.at('caller', name), Buffer.from(text, 'latin1'))
  return home.at('caller', name)
}
/** Runs the caller, which must succeed. */
const call = (command: string, input = ''): { stdout: string; stderr: string } => {
  const r = run?.(command, input)
  assert.equal(r?.exit, 0, `${command}\n${r?.stdout}\n${r?.stderr}`)
  return { stdout: r?.stdout ?? '', stderr: r?.stderr ?? '' }
}
/** The one message with this in its Subject, as delivered. */
const arrived = (subject: string): Promise<string> =>
  until(
    () => `mail "${subject}"; log:\n${daemon?.log()}`,
    () => maildir(join(joe?.home ?? '', 'Maildir')).find((text) => text.includes(`\nSubject: ${subject}`))
  )

test('bsd-mailx: mail -s', needs('/usr/bin/bsd-mailx'), async () => {
  call(`bsd-mailx -s 'from bsd-mailx' -b ${TO} ann@local.example < /dev/null; bsd-mailx -s 'from bsd-mailx' ${TO}`, 'a line\n.\nlast\n')
  const text = await arrived('from bsd-mailx')
  assert.match(text, /^Return-Path: <tester@mail\.example\.org>\n/)
  assert.doesNotMatch(text, /^Bcc:/im)
})

test('s-nail: mail -s with a sender, options for the sendmail behind --', needs('/usr/bin/s-nail'), async () => {
  call(`s-nail -n -S expandargv -s 'from s-nail' -r ann@local.example ${TO} -- -oi -N never`, 'a line\n')
  const text = await arrived('from s-nail')
  assert.match(text, /^Return-Path: <ann@local\.example>\n/)
  assert.match(text, /\nFrom: ann@local\.example\n/)
})

test('mutt, with 8 bits, an envelope sender and what DSN options it has', needs('/usr/bin/mutt'), async () => {
  const rc = lay(
    'muttrc',
    'set from=ann@local.example use_envelope_from use_8bitmime dsn_notify="failure,delay" dsn_return=hdrs copy=no\nset charset=utf-8 send_charset=utf-8\n'
  )
  call(`mutt -n -F ${rc} -s 'from mutt' -- ${TO}`, 'gr\xc3\xbc\xc3\x9fe\n.\n')
  const text = await arrived('from mutt')
  assert.match(text, /^Return-Path: <ann@local\.example>\n/)
  assert.match(text, /\n\ngr\xc3\xbc\xc3\x9fe\n\.\n$/)
})

test('git send-email', needs('/usr/lib/git-core/git-send-email'), async () => {
  const git = 'git -c user.name=Ann -c user.email=ann@local.example -c sendemail.confirm=never'
  call(`${git} init -q . && echo x > file && git add file && ${git} commit -q -m 'from git' && ${git} send-email --quiet --suppress-cc=all --to ${TO} -1`)
  const text = await arrived('[PATCH] from git')
  assert.match(text, /\nX-Mailer: git-send-email/)
  assert.match(text, /\n\+x\n-- \n/)
})

test("Python's email.message through -t -oi, and to named recipients", needs('/usr/bin/python3'), async () => {
  const program = lay(
    'send.py',
    `import subprocess, email.message
for args, subject in ((['-t', '-oi'], 'from Python'), (['-i', '-f', 'bounces@local.example', '--', '${TO}'], 'from Python by name')):
    m = email.message.EmailMessage()
    m['From'], m['To'], m['Bcc'], m['Subject'] = 'Ann <ann@local.example>', '${TO}', 'joe-hidden@local.example', subject
    m.set_content('gr\\u00fc\\u00dfe\\n.\\nFrom here\\n')
    subprocess.run(['/usr/sbin/sendmail', *args], input=m.as_bytes(), check=True)
`
  )
  call(`/usr/bin/python3 ${program}`)
  const text = await arrived('from Python\n')
  assert.match(text, /\n\.\n>?From here\n$/)
  assert.doesNotMatch(text, /hidden/)
  assert.match(await arrived('from Python by name'), /^Return-Path: <bounces@local\.example>\n/)
})

test('perl, by a pipe', needs('/usr/bin/perl'), async () => {
  const program = lay(
    'send.pl',
    `open(my $m, '|-', '/usr/sbin/sendmail', '-t', '-oi', '-oem') or die;\nprint $m "To: ", '${TO}', "\\nSubject: from perl\\n\\n.\\nlast\\n";\nclose($m) or die "exit $?";\n`
  )
  call(`perl ${program}`)
  assert.match(await arrived('from perl'), /\n\n\.\nlast\n$/)
})

test("perl's MIME::Lite, as it comes and with options", needs('/usr/share/perl5/MIME/Lite.pm'), async () => {
  const program = lay(
    'lite.pl',
    `use MIME::Lite;
for my $how ([], ['sendmail', '/usr/sbin/sendmail -t -oi -oem']) {
  my $m = MIME::Lite->new(From => 'ann@local.example', To => '${TO}', Cc => 'joe-cc@local.example', Subject => "from Lite \${\\ scalar @$how}", Type => 'multipart/mixed');
  $m->attach(Type => 'TEXT', Data => "hello\\n");
  $m->attach(Type => 'application/octet-stream', Data => join('', map { chr } 0..255), Filename => 'bytes');
  $m->send(@$how) or die;
}
`
  )
  call(`perl ${program}`)
  for (const n of [0, 2]) assert.match(await arrived(`from Lite ${n}`), /\nContent-Type: multipart\/mixed/)
})

test("nodemailer's sendmail transport, both kinds of line ends", needs(join(top, 'node_modules', 'nodemailer', 'package.json')), async () => {
  const program = lay(
    'send.mjs',
    `import { createRequire } from 'node:module'
const nodemailer = createRequire(${JSON.stringify(join(top, 'package.json'))})('nodemailer')
for (const newline of ['unix', 'windows']) {
  const transport = nodemailer.createTransport({ sendmail: true, newline, path: '/usr/sbin/sendmail' })
  await transport.sendMail({ from: 'Ann <ann@local.example>', to: '${TO}', bcc: 'joe-hidden@local.example', subject: 'from nodemailer ' + newline, text: 'one\\n.\\ntwo\\n' })
}
`
  )
  call(`${process.execPath} ${program}`)
  for (const kind of ['unix', 'windows']) {
    const text = await arrived(`from nodemailer ${kind}`)
    assert.match(text, /^Return-Path: <ann@local\.example>\n/)
    assert.doesNotMatch(text, /\r|hidden/)
    assert.match(text, /\n\none\n\.\ntwo\n/)
  }
})

test("PHP's mail(), with a bounce address as fifth argument", needs('/usr/bin/php'), async () => {
  const program = lay(
    'send.php',
    `<?php exit(mail('${TO}', 'from PHP', "one\\r\\n.\\r\\ntwo", "From: Ann <ann@local.example>\\r\\nX-Test: 1", '-fbounce@local.example') ? 0 : 1);\n`
  )
  call(`php -n ${program}`)
  const text = await arrived('from PHP')
  assert.match(text, /^Return-Path: <bounce@local\.example>\n/)
  assert.match(text, /\nX-Test: 1\n/)
  assert.doesNotMatch(text, /\r/)
  assert.match(text, /\n\none\n\.\ntwo\n$/)
})

test('logwatch', needs('/usr/share/logwatch/scripts/logwatch.pl'), async () => {
  call(
    `perl /usr/share/logwatch/scripts/logwatch.pl --output mail --mailto ${TO} --service zz-sys --hostname callers --range all --logdir ${home.at('caller')}`
  )
  assert.match(await arrived('Logwatch for callers'), /\n #* *Logwatch End #* *\n/)
})

test('monit, which speaks SMTP itself', needs('/usr/bin/monit'), async () => {
  const { port, daemon: smtpd } = await startSmtpd(home)
  const rc = lay(
    'monitrc',
    `set daemon 1\nset logfile ${home.at('caller', 'monit.log')}\nset idfile ${home.at('caller', 'monit.id')}\nset statefile ${home.at('caller', 'monit.state')}\nset pidfile ${home.at('caller', 'monit.pid')}\nset mailserver 127.0.0.1 port ${port}\nset mail-format { from: monit@local.example\nsubject: from monit $EVENT }\ncheck file absent with path ${home.at('caller', 'absent')}\nalert ${TO}\n`
  )
  call(`chmod 600 ${rc}; monit -c ${rc}`)
  try {
    assert.match(await arrived('from monit Does not exist'), /^Return-Path: <monit@local\.example>\n/)
  } finally {
    call(`monit -c ${rc} quit`)
    await until('monit to end', () => !existsSync(home.at('caller', 'monit.pid')))
  }
  assert.equal(await smtpd.stop(), 0)
  assert.match(readFileSync(home.at('caller', 'monit.log'), 'latin1'), /stopped/)
})

const CRON = `From: root (Cron Daemon)\nTo: ${TO}\nSubject: SUBJECT\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nX-Cron-Env: <SHELL=/bin/sh>\n\n.\nout\n`
const PLAIN = `To: ${TO}\nSubject: SUBJECT\n\n.\nout\n`

// what each of them runs; %s is the message
for (const [caller, command, message = PLAIN] of [
  ['cron', `sh -c '/usr/sbin/sendmail -FCronDaemon -i -B8BITMIME -oem ${TO}'`, CRON],
  ['anacron', `/usr/sbin/sendmail -FAnacron -odi ${TO}`],
  ['at', `/usr/sbin/sendmail -i ${TO}`],
  ['mdadm', '/usr/sbin/sendmail -t'],
  ['unattended-upgrades', '/usr/sbin/sendmail -oi -t'],
  ['sudo', 'env -i /usr/sbin/sendmail -t'],
  ['Mail::Mailer', '/usr/sbin/sendmail -t -oi -oem'],
  ["Ruby's mail", `/usr/sbin/sendmail -i -f "ann@local.example" -- ${TO}`],
  ['an auto-replier', `/usr/sbin/sendmail -oi -f '<>' ${TO}`],
  ['vacation', `/usr/lib/sendmail -f '' ${TO}`],
  ['what was made for sSMTP', `/usr/sbin/sendmail -auann -apsecret -amcram-md5 -C /etc/ssmtp/ssmtp.conf -4 -v -t`],
  ['what was made for msmtp', '/usr/sbin/sendmail -a default -C /etc/msmtprc -t -i'],
  ['what was made for msmtp, in long words', '/usr/sbin/sendmail --file=/etc/msmtprc --account=default --read-envelope-from --read-recipients']
] as const) {
  test(`${caller}: ${command}`, needs(...(command.startsWith('/usr/lib') ? ['/usr/lib/sendmail'] : [])), async () => {
    const { stdout, stderr } = call(command, message.replace('SUBJECT', `as ${caller} does`))
    assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '' })
    assert.match(await arrived(`as ${caller} does\n`), /\n\n\.\nout\n$/)
  })
}

test("a caller's exit code is not 0 when nothing was queued", needs(), async () => {
  assert.equal(run?.('/usr/sbin/sendmail -t', 'Subject: nobody\n\n')?.exit, 65)
  assert.equal(run?.('/usr/sbin/sendmail -bd')?.exit, 100)
  assert.equal(await daemon?.stop(), 0)
})
