import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { maildir, makeMaildir, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const skip = isRoot ? false : 'mounting a small disk takes root'
const home = makeHome()

/** A disk of 256 kB that is full. */
const fullDisk = (): string => {
  const disk = mkdtempSync(join(tmpdir(), 'qmfd-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=755', 'tmpfs', disk])
  assert.equal(mounted.status, 0, mounted.stderr.toString())
  after(() => {
    spawnSync('umount', [disk])
    rmSync(disk, { recursive: true, force: true })
  })
  makeMaildir(join(disk, 'Maildir'))
  mkdirSync(join(disk, 'boxes'))
  spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4k'], { stdio: 'ignore' })
  return disk
}
const deliver = (disk: string, where: string, message: string) =>
  runProgram(home, 'qmail-local', { args: ['--', 'joe', disk, 'joe', '', '', 'ex.org', 'a@b.c', where], fds: { 0: message } })

test('a full disk defers, leaves nothing half, and later takes the mail: Maildir and mbox', { skip }, () => {
  const disk = fullDisk()
  const message = `Subject: large\n\n${'x'.repeat(60_000)}\n`
  for (const text of [message, 'Subject: small\n\nx\n']) {
    const inMaildir = deliver(disk, './Maildir/', text)
    assert.deepEqual(inMaildir, { exit: 111, stdout: '', stderr: 'Temporary error on maildir delivery. (#4.3.0)\n' })
    const inMbox = deliver(disk, './boxes/mbox', text)
    assert.equal(inMbox.exit, 111)
    assert.match(inMbox.stderr, /#4\.[23]\.[01]/)
  }
  assert.deepEqual([readdirSync(join(disk, 'Maildir/tmp')), readdirSync(join(disk, 'Maildir/new'))], [[], []])
  assert.equal(readFileSync(join(disk, 'boxes/mbox'), 'latin1'), '')
  rmSync(join(disk, 'filler'))
  assert.equal(deliver(disk, './Maildir/', message).exit, 0)
  assert.equal(deliver(disk, './boxes/mbox', message).exit, 0)
  const [name = ''] = readdirSync(join(disk, 'Maildir/new'))
  assert.ok(readFileSync(join(disk, 'Maildir/new', name), 'latin1').endsWith(message))
  assert.ok(readFileSync(join(disk, 'boxes/mbox'), 'latin1').endsWith(`${message}\n`))
})

test('through the suite too: deferred, then tried again', {
  skip: isRoot ? false : 'mounting a small disk takes root'
}, async () => {
  const [joe] = makeUsers(home, ['joe'])
  if (!joe) throw new Error('no user')
  const disk = join(joe.home, 'disk')
  mkdirSync(disk)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk])
  assert.equal(mounted.status, 0, mounted.stderr.toString())
  after(() => spawnSync('umount', [disk]))
  makeMaildir(join(disk, 'Maildir'))
  spawnSync('chown', ['-R', `${joe.uid}:${joe.gid}`, disk])
  writeFileSync(join(disk, 'filler'), '')
  spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4k'])
  chownSync(join(disk, 'filler'), joe.uid, joe.gid)
  const daemon = await startSuite(home, './disk/Maildir/')
  for (const [subject, size] of [
    ['small', 10],
    ['larger', 60_000]
  ] as const) {
    const r = runProgram(home, 'sendmail', { args: ['joe'], input: `Subject: ${subject}\n\n${'x'.repeat(size)}\n`, env: { USER: 'tester' } })
    assert.equal(r.exit, 0)
  }
  await until('both to be deferred', () => (daemon.log().match(/deferral: (Temporary_error_on_maildir_delivery|Unable_to)/g) ?? []).length >= 2)
  assert.deepEqual([readdirSync(join(disk, 'Maildir/tmp')), readdirSync(join(disk, 'Maildir/new'))], [[], []])
  rmSync(join(disk, 'filler'))
  daemon.child.kill('SIGALRM')
  await until('both to arrive', () => maildir(join(disk, 'Maildir')).length === 2)
  assert.deepEqual(
    maildir(join(disk, 'Maildir'))
      .map((text) => text.length > 60_000)
      .toSorted(),
    [false, true]
  )
  assert.ok(existsSync(join(disk, 'Maildir/tmp')) && readdirSync(join(disk, 'Maildir/tmp')).length === 0)
  assert.equal(await daemon.stop(), 0)
})
