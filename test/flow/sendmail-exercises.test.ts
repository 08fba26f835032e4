import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { suiteUser } from '../../src/os/ids.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { makeEtc } from '../helpers/private-etc.ts'
import { runProgram } from '../helpers/run-program.ts'
import { type Daemon, maildir, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

// The exercises of docs/sendmail.md, one a test, as they stand there.

const skip = isRoot ? false : 'aliases, users and an /etc of its own take root'
const home = makeHome()
const etc = makeEtc()
const [joe, ann] = makeUsers(home, ['joe', 'ann'])

const send = (to: string, subject: string): void => {
  const r = runProgram(home, 'sendmail', { args: [to], input: `Subject: ${subject}\n\nbody\n`, env: { USER: 'tester' } })
  assert.equal(r.exit, 0, r.stderr)
}
const subjects = (user = joe): string[] => maildir(join(user?.home ?? '', 'Maildir')).map((text) => /^Subject: (.*)$/m.exec(text)?.[1] ?? '')
const aliases = (text: string) => {
  etc.lay('aliases', text)
  return etc.run(home.at('bin', 'newaliases'))
}
/** What the alias user may write to and read. */
const shared = (name: string, text?: string): string => {
  const path = home.at('shared', name)
  if (text !== undefined) writeFileSync(path, text)
  return path
}

const start = async (): Promise<Daemon> => {
  const alias = suiteUser(home.path, 'alias')
  mkdirSync(home.at('shared'))
  chownSync(home.at('shared'), alias.uid, alias.gid)
  chmodSync(join(etc.path, '..'), 0o755)
  home.control('sendmailaliases', '1\n')
  home.control('concurrencyremote', '0\n')
  writeFileSync(home.at('alias', '.qmail-default'), `| fastforward -d ${etc.path}/aliases.cdb\n`)
  for (const user of [joe, ann]) user?.maildir()
  return startSuite(home, '|dot-forward .forward\n./Maildir/')
}
const daemon = skip ? undefined : await start()
const log = (): string => daemon?.log() ?? ''

test('an alias to a user, to another host, to a list of users', { skip }, async () => {
  assert.equal(aliases('hostmaster: joe\naway: someone@far.example\nstaff: joe, ann\n').exit, 0)
  send('hostmaster', 'to a user')
  send('away', 'to another host')
  send('staff', 'to a list')
  await until('the mail', () => subjects().length === 2 && subjects(ann).length === 1)
  assert.deepEqual(subjects().toSorted(), ['to a list', 'to a user'])
  await until(
    'the forward',
    () =>
      /starting delivery \d+: msg \d+ to remote someone@far\.example|to remote someone/.test(log()) ||
      runProgram(home, 'qmail-qread').stdout.includes('remote\tsomeone@far.example')
  )
})

test('an alias to a file, to a program, to nowhere', { skip }, async () => {
  const [file, out] = [shared('archive'), shared('out')]
  assert.equal(aliases(`archive: ${file}\nprog: "|cat > ${out}"\nbare: |cat > ${out}.2\nnoreply: /dev/null\n`).exit, 0)
  for (const to of ['archive', 'prog', 'bare', 'noreply']) send(to, to)
  await until('all four', () => existsSync(file) && existsSync(out) && existsSync(`${out}.2`))
  await until('the file', () => /^From tester@mail\.example\.org .*\nReturn-Path: [\s\S]*\nSubject: archive\n\nbody\n\n$/.test(readFileSync(file, 'latin1')))
  await until('the program', () => /^From tester@mail\.example\.org [\s\S]*Subject: prog\n\nbody\n$/.test(readFileSync(out, 'latin1')))
  await until('nobody to have failed', () => !/failure/.test(log()))
})

test(':include: is read when mail comes; a change of the list needs no newaliases', { skip }, async () => {
  const list = shared('list', '# members\njoe\n')
  assert.equal(aliases(`friends: :include:${list}\n`).exit, 0)
  const [before, annBefore] = [subjects().length, subjects(ann).length]
  send('friends', 'first')
  await until('joe', () => subjects().length === before + 1)
  shared('list', 'Joe, Ann <ann>\n')
  send('friends', 'second')
  await until('both', () => subjects().length === before + 2 && subjects(ann).length === annBefore + 1)
})

test('a list that others can write may not run programs', { skip }, async () => {
  const list = shared('evil', `"|touch ${shared('touched')}"\n`)
  chownSync(list, 64_999, 64_999)
  assert.equal(aliases(`evil: :include:${list}\n`).exit, 0)
  send('evil', 'evil')
  await until('the deferral', () => /deferral: .*evil_line_1:_programs_and_files_may_stand_only/.test(log()))
  assert.ok(!existsSync(shared('touched')))
})

test('newaliases says what it made, and names a bad line; user+detail is the user', { skip }, async () => {
  const made = aliases('# system\npostmaster:\troot\nroot:\tjoe\n')
  assert.deepEqual(made, { exit: 0, stdout: '', stderr: '/etc/aliases: 2 aliases, longest 22 bytes, 43 bytes total\n' })
  const bad = aliases('root: joe\nbroken\n')
  assert.deepEqual([bad.exit, bad.stderr], [111, 'newaliases: fatal: /etc/aliases line 2: unable to parse this line: broken\n'])
  const before = subjects().length
  send('postmaster', 'through two aliases')
  send('joe+lists', 'with a detail')
  await until('both', () => subjects().length === before + 2)
})

test('.forward to another host and a copy here; to a file, a program, a list', { skip }, async () => {
  const before = subjects(ann).length
  ann?.lay('.forward', '\\ann, ann@far.example\n')
  send('ann', 'copy')
  await until('the copy', () => subjects(ann).length === before + 1)
  await until('the forward', () => runProgram(home, 'qmail-qread').stdout.includes('ann@far.example'))
  ann?.lay('list', 'joe\n')
  ann?.lay('.forward', `${ann.home}/mbox\n"|cat > ${ann.home}/piped"\n:include:${ann.home}/list\n`)
  const joes = subjects().length
  send('ann', 'three ways')
  await until('the list', () => subjects().length === joes + 1)
  assert.match(readFileSync(join(ann?.home ?? '', 'mbox'), 'latin1'), /^From [\s\S]*Subject: three ways\n\nbody\n\n$/)
  assert.match(readFileSync(join(ann?.home ?? '', 'piped'), 'latin1'), /Subject: three ways\n\nbody\n$/)
  assert.equal(subjects(ann).length, before + 1)
})

test('mailq and sendmail -bp list the queue, sendmail -q tries it now, -bi rebuilds', { skip }, () => {
  for (const [program, args] of [
    ['mailq', []],
    ['sendmail', ['-bp']]
  ] as const) {
    const r = runProgram(home, program, { args: [...args] })
    assert.equal(r.exit, 0)
    assert.match(r.stdout, /^-----Q-ID-----[\s\S]*\t <ann@far\.example>\n[\s\S]*\t\tTotal requests: \d+\n$/)
  }
  assert.equal(runProgram(home, 'sendmail', { args: ['-q'] }).exit, 0)
})

test('the alias file of a fresh Debian, and the long one of tutorials, build as they are', { skip }, async () => {
  const debian =
    'mailer-daemon: postmaster\npostmaster: root\nnobody: root\nhostmaster: root\nusenet: root\nnews: root\nwebmaster: root\nwww: root\nftp: root\nabuse: root\nnoc: root\nsecurity: root\nroot: joe\n'
  const names =
    'bin daemon adm lp sync shutdown halt mail news uucp operator games gopher ftp nobody radiusd nut dbus vcsa canna wnn rpm nscd pcap apache webalizer dovecot fax quagga radvd pvm amanda privoxy ident named xfs gdm mailnull postgres sshd smmsp postfix netdump ldap squid ntp mysql desktop rpcuser rpc nfsnobody ingres system toor manager dumper abuse'.split(
      ' '
    )
  const long = `#\n#  Aliases in this file will NOT be expanded in the header from\n#\n#\t>>>>>>>>>>\tThe program "newaliases" must be run after\n\n# Basic system aliases -- these MUST be present.\nmailer-daemon:\tpostmaster\npostmaster:\troot\n\n# General redirections for pseudo accounts.\n${names.map((name) => `${name}:\t\troot\n`).join('')}\nnewsadm:\tnews\nftp-adm:\tftp\nwww:\t\twebmaster\nwebmaster:\troot\n\n# trap decode to catch security attacks\ndecode:\t\troot\n\n# Person who should get root's mail\nroot:\t\tjoe\n`
  for (const [text, to] of [
    [debian, 'security'],
    [long, 'decode']
  ] as const) {
    for (const setting of ['0\n', '1\n']) {
      home.control('sendmailaliases', setting)
      assert.equal(aliases(text).exit, 0, text)
      const subject = `to ${to}, setting ${setting.trim()}`
      send(to, subject)
      await until(`mail ${subject}`, () => subjects().includes(subject))
    }
  }
})

test("mail -s test user, with Debian's mailx", { skip: skip || (existsSync('/usr/bin/bsd-mailx') ? false : 'bsd-mailx is not installed') }, async () => {
  writeFileSync(home.at('mailrc'), `set sendmail=${home.at('bin', 'sendmail')}\n`)
  const r = spawnSync('bsd-mailx', ['-s', 'from mailx', 'joe'], {
    input: 'hello\n',
    env: { PATH: process.env.PATH ?? '', USER: 'tester', HOME: '/', MAILRC: home.at('mailrc') }
  })
  assert.equal(r.status, 0, r.stderr.toString())
  await until('the mail', () => subjects().includes('from mailx'))
  assert.equal(await daemon?.stop(), 0)
})
