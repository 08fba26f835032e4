import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { maildir, makeMaildir, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const home = makeHome()

test('a Maildir on a full disk defers, leaves nothing behind, and later gets its mail', {
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
  await until('both to be deferred', () => (daemon.log().match(/deferral: (Temporary_error_on_maildir_delivery|Unable_to)/g) ?? []).length >= 2, 60)
  assert.deepEqual([readdirSync(join(disk, 'Maildir/tmp')), readdirSync(join(disk, 'Maildir/new'))], [[], []])
  rmSync(join(disk, 'filler'))
  daemon.child.kill('SIGALRM')
  await until('both to arrive', () => maildir(join(disk, 'Maildir')).length === 2, 60)
  assert.deepEqual(
    maildir(join(disk, 'Maildir'))
      .map((text) => text.length > 60_000)
      .toSorted(),
    [false, true]
  )
  assert.ok(existsSync(join(disk, 'Maildir/tmp')) && readdirSync(join(disk, 'Maildir/tmp')).length === 0)
  assert.equal(await daemon.stop(), 0)
})
