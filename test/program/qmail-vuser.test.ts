import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { verifyPassword } from '../../src/users/password.ts'
import { findVirtual } from '../../src/users/virtual.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { maildir, startSuite, until } from '../helpers/suite.ts'

const home = makeHome()
const ids = isRoot ? { uid: 64_250, gid: 64_250 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
mkdirSync(home.at('vmail'), { mode: 0o700 })
if (isRoot) chownSync(home.at('vmail'), ids.uid, ids.gid)
home.control('virtualuser', `vmail:${ids.uid}:${ids.gid}:${home.at('vmail')}\n`)
const vuser = (args: string[], input = '') => runProgram(home, 'qmail-vuser', { args, input })
const file = (): string => readFileSync(home.at('users', 'virtual'), 'latin1')

test('a mailbox is added with its Maildir, listed without its hash, changed, removed', () => {
  const added = vuser(['add', '-q', '50M', 'Joe@Ex.org'], 'secret\n')
  assert.equal(added.exit, 0, added.stderr)
  assert.match(added.stderr, /control\/virtualdomains needs the line ex\.org:ex\.org/)
  assert.equal(statSync(home.at('users', 'virtual')).mode & 0o777, 0o600)
  assert.equal(statSync(home.at('users', 'cdb')).mode & 0o777, 0o644)
  const made = statSync(home.at('vmail/ex.org/joe/Maildir/new'))
  assert.deepEqual([made.uid, made.mode & 0o777], [ids.uid, 0o700])
  assert.doesNotMatch(readFileSync(home.at('users', 'cdb'), 'latin1'), /scrypt/)
  assert.ok(verifyPassword(findVirtual(home.path, 'JOE@ex.org')?.hash ?? '', 'secret'))
  assert.equal(vuser(['add', 'ann@ex.org'], 'other\n').exit, 0)
  assert.equal(vuser(['passwd', 'joe@ex.org'], 'new one\n').exit, 0)
  assert.ok(verifyPassword(findVirtual(home.path, 'joe@ex.org')?.hash ?? '', 'new one'))
  assert.equal(vuser(['set', '-f', 'a@b.c,joe@ex.org', 'joe@ex.org']).exit, 0)
  assert.deepEqual(vuser(['list']), { exit: 0, stdout: 'joe@ex.org:50M:a@b.c,joe@ex.org\nann@ex.org::\n', stderr: '' })
  assert.equal(vuser(['list', 'no.example']).stdout, '')
  assert.equal(vuser(['remove', 'ann@ex.org']).exit, 0)
  assert.equal(vuser(['list']).stdout, 'joe@ex.org:50M:a@b.c,joe@ex.org\n')
  assert.ok(statSync(home.at('vmail/ex.org/ann/Maildir/new')))
})

test('what is wrong changes nothing', () => {
  const before = file()
  for (const [args, input, exit] of [
    [['add', 'joe@ex.org'], 'x\n', 100],
    [['remove', 'nobody@ex.org'], '', 100],
    [['passwd', 'nobody@ex.org'], 'x\n', 100],
    [['passwd', 'joe@ex.org'], '\n', 100],
    [['add', '../../etc@ex.org'], 'x\n', 100],
    [['add', '-q', 'much', 'x@ex.org'], 'x\n', 100],
    [['add'], '', 100],
    [['nonsense', 'x@y'], '', 100]
  ] as const)
    assert.equal(vuser([...args], input).exit, exit, args.join(' '))
  assert.equal(file(), before)
})

test('a line that is wrong is named by qmail-newu, and the old table stays', () => {
  const [before, table] = [file(), readFileSync(home.at('users', 'cdb'))]
  writeFileSync(home.at('users', 'virtual'), `${before}broken\n`)
  assert.deepEqual(runProgram(home, 'qmail-newu'), {
    exit: 111,
    stdout: '',
    stderr: 'qmail-newu: fatal: bad format in users/virtual, line 2: it is not box@domain:hash:quota:forward\n'
  })
  assert.deepEqual(readFileSync(home.at('users', 'cdb')), table)
  assert.equal(vuser(['add', 'z@ex.org'], 'x\n').exit, 111)
  writeFileSync(home.at('users', 'virtual'), before)
})

test('who is asked for a password, and takes time over it, holds up nobody', async () => {
  const asked = spawn(home.at('bin', 'qmail-vuser'), ['passwd', 'joe@ex.org'], { stdio: ['pipe', 'ignore', 'inherit'], env: { PATH: '/usr/bin:/bin' } })
  const ended = new Promise((resolve) => asked.on('exit', resolve))
  await until('it to be at work', () => readFileSync(`/proc/${asked.pid}/comm`, 'latin1') === 'qmail-vuser\n')
  vuser(['list'])
  assert.deepEqual(vuser(['set', '-q', '60M', 'joe@ex.org']), { exit: 0, stdout: '', stderr: '' })
  asked.stdin.end('a late one\n')
  assert.equal(await ended, 0)
  const joe = findVirtual(home.path, 'joe@ex.org')
  assert.ok(verifyPassword(joe?.hash ?? '', 'a late one'))
  assert.equal(joe?.quota, '60M')
})

test('twenty that add at once all get in', async () => {
  const { startProgram } = await import('../helpers/start-program.ts')
  const boxes = Array.from({ length: 20 }, (_, i) => `many${i}@ex.org`)
  const all = await Promise.all(boxes.map((box) => startProgram(home, 'qmail-vuser', { args: ['add', box], input: 'pw\n' })))
  assert.deepEqual(
    all.map((r) => r.exit),
    boxes.map(() => 0)
  )
  for (const box of boxes) assert.ok(file().includes(`\n${box}:`), box)
})

test('mail reaches the mailbox, its extensions and the domain; what is nobody bounces', async () => {
  home.control('virtualdomains', 'ex.org:ex.org\n')
  home.control('locals', 'mail.example.org\n')
  assert.equal(vuser(['set', '-f', '', 'joe@ex.org']).exit, 0)
  writeFileSync(home.at('vmail/ex.org/joe/.qmail-shop'), './Maildir/\n')
  writeFileSync(home.at('vmail/ex.org/.qmail-info'), './joe/Maildir/\n')
  const daemon = await startSuite(home, '#')
  const send = (to: string, subject: string) => runProgram(home, 'sendmail', { args: [to], input: `Subject: ${subject}\n\nbody\n`, env: { USER: 'tester' } })
  for (const [to, subject] of [
    ['Joe@ex.org', 'one'],
    ['joe-shop@ex.org', 'two'],
    ['info@ex.org', 'three'],
    ['nobody@ex.org', 'four']
  ] as const)
    assert.equal(send(to, subject).exit, 0)
  const box = home.at('vmail/ex.org/joe/Maildir')
  await until('three messages', () => maildir(box).length === 3)
  assert.deepEqual(
    maildir(box)
      .map((text) => /^Delivered-To: (.*)$/m.exec(text)?.[1])
      .toSorted(),
    ['ex.org-info@ex.org', 'ex.org-Joe@ex.org', 'ex.org-joe-shop@ex.org'].toSorted()
  )
  await until('the bounce', () => /failure: .*no_mailbox_here_by_that_name/.test(daemon.log()))
  assert.equal(await daemon.stop(), 0)
})
