/** What a compromised part, a passed-on descriptor, a missing program or a huge .qmail could do to others. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { test } from 'node:test'
import { suiteUser } from '../../src/os/ids.ts'
import { MessageFiles } from '../../src/queue/writer.ts'
import { bounceBreak, bounceFor, bounceHead, paragraph } from '../../src/send/bounce/text.ts'
import { install } from '../../tools/install.ts'
import { instcheck } from '../../tools/instcheck.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { startLspawn } from '../helpers/lspawn.ts'
import { runProgram } from '../helpers/run-program.ts'
import { putMessage } from '../helpers/send-rig.ts'
import { makeUsers } from '../helpers/users.ts'

const needsRoot = isRoot ? false : 'needs root: becomes users'

test('qmail-lspawn takes neither root nor an account of the suite from qmail-getpw', { skip: needsRoot }, async () => {
  const home = makeHome()
  const name = `${putMessage(home, [])}`
  const message = `${Number(name) % 23}/${name}`
  spawnSync('chown', ['-R', `${suiteUser(home.path, 'qmailq').uid}`, home.at('queue/mess')])
  const answer = (uid: number): void => {
    writeFileSync(home.at('bin/new'), `#!/bin/sh\nprintf '%s\\0' x ${uid} ${uid} /tmp '' ''\n`, { mode: 0o755 })
    renameSync(home.at('bin/new'), home.at('bin/qmail-getpw'))
  }
  writeFileSync(home.at('bin/qmail-local'), '#!/bin/sh\nid -u\n')
  chmodSync(home.at('bin/qmail-local'), 0o755)
  const lspawn = startLspawn(home, './Maildir/')
  for (const user of ['qmaild', 'qmaill', 'qmailp', 'qmailq', 'qmailr', 'qmails'] as const) {
    answer(suiteUser(home.path, user).uid)
    assert.equal(await lspawn.deliver(message, 'x@ex.org'), 'ZTemporary failure in qmail-lspawn.\n', user)
  }
  answer(0)
  assert.equal(await lspawn.deliver(message, 'x@ex.org'), 'ZNot allowed to perform deliveries as root.\n')
  answer(suiteUser(home.path, 'alias').uid)
  assert.equal(await lspawn.deliver(message, 'x@ex.org'), `K${suiteUser(home.path, 'alias').uid}\n`)
  answer(64_299)
  assert.equal(await lspawn.deliver(message, 'x@ex.org'), 'K64299\n')
  await lspawn.end()
})

/** qmail-local for joe, under a shell that does something first. */
const deliver = (home: ReturnType<typeof makeHome>, joe: { home: string }, before = ''): { exit: number | null; out: string } => {
  const args = ['joe', joe.home, 'joe', '', '', 'ex.org', 's@ex.org', './Maildir/']
  writeFileSync(home.at('message'), 'Subject: x\n\nhi\n')
  const line = `${before} exec "$0" -- "$@" < ${home.at('message')}`
  const r = spawnSync('/bin/bash', ['--norc', '-c', line, home.at('bin/qmail-local'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin' }
  })
  return { exit: r.status, out: r.stdout.toString('latin1') + r.stderr.toString('latin1') }
}

test('no descriptor but those named reaches a user’s program', () => {
  const home = makeHome()
  const [joe] = makeUsers(home, ['joe'])
  if (joe === undefined) throw new Error('no user')
  joe.lay('.qmail', '|ls -l /proc/self/fd\n')
  const { exit, out } = deliver(home, joe, 'exec 9</etc/passwd 57</etc/passwd 251</etc/passwd;')
  assert.equal(exit, 0, out)
  assert.match(out, / 0 -> /)
  assert.ok(!out.includes('/etc/passwd'), out)
})

test('a .qmail file of gigabytes is put off, and not read', () => {
  const home = makeHome()
  const [joe] = makeUsers(home, ['joe'])
  if (joe === undefined) throw new Error('no user')
  const fd = openSync(joe.lay('.qmail', ''), 'r+')
  ftruncateSync(fd, 3_000_000_000)
  closeSync(fd)
  const { exit, out } = deliver(home, joe)
  assert.equal(exit, 111)
  assert.match(out, /\.qmail file is larger than 1048576 bytes/)
})

test('a failing close of a file that is synced is nobody’s end', () => {
  const home = makeHome()
  const files = new MessageFiles(`${home.at('queue')}/`, { uid: 1, who: 'by uid 1', qp: 1, startMs: 0 })
  files.endMessage()
  files.openEnvelope()
  closeSync(files.messFd)
  closeSync(files.intdFd)
  files.close()
  assert.equal(readdirSync(home.at('queue/intd')).length, 1)
})

test('line ends in an address are no header lines of a bounce', () => {
  const settings = { bouncefrom: 'MAILER-DAEMON', bouncehost: 'ex.org', doubleTo: 'postmaster@ex.org' }
  const bounce = bounceFor('a\r\nBcc: victim@ex.org\r\n\r\nbody@b', settings)
  if (bounce.kind !== 'single') throw new Error('a single bounce was due')
  const text = bounceHead(bounce, settings, 0) + paragraph('r\rx\ny@z', 'no') + bounceBreak(bounce)
  assert.ok(!/^Bcc|^body|\r/m.test(text), text)
  assert.match(text, /^<r_x_y@z>:$/m)
})

test('a program that is missing for a moment puts mail off', { skip: needsRoot }, async () => {
  const home = makeHome()
  const [joe] = makeUsers(home, ['joe'])
  joe?.maildir()
  const id = putMessage(home, [])
  spawnSync('chown', ['-R', `${suiteUser(home.path, 'qmailq').uid}`, home.at('queue/mess')])
  const lspawn = startLspawn(home, './Maildir/')
  renameSync(home.at('bin/qmail-local'), home.at('bin/away'))
  assert.equal(await lspawn.deliver(`${id % 23}/${id}`, 'joe@ex.org'), 'ZUnable to run qmail-local.\n')
  renameSync(home.at('bin/away'), home.at('bin/qmail-local'))
  assert.match(await lspawn.deliver(`${id % 23}/${id}`, 'joe@ex.org'), /^K/)
  await lspawn.end()
})

test('too few descriptors: qmail-start says so in one line', () => {
  const home = makeHome()
  const r = spawnSync('/bin/bash', ['-c', 'ulimit -n 24; exec "$0" ./Maildir/', home.at('bin/qmail-start')], { timeout: 120_000 })
  assert.equal(r.status, 111)
  assert.match(r.stderr.toString(), /^qmail-start: fatal: unable to start [a-z-]+: too few descriptors \(ulimit -n\)\n$/)
  assert.equal(readFileSync(home.at('queue/lock/sendmutex')).length, 0)
  assert.equal(runProgram(home, 'qmail-qstat').exit, 0)
})

test('install follows no link in a folder of another account, and names it', { skip: needsRoot }, () => {
  for (const [path, what] of [
    ['queue/lock/tcpto', 'file'],
    ['drop/trigger', 'file'],
    ['queue/mess/5', 'folder'],
    ['queue/lock', 'folder']
  ] as const) {
    const home = makeHome()
    const secret = home.at('secret')
    if (what === 'file') writeFileSync(secret, 'secret', { mode: 0o600 })
    else mkdirSync(secret, { mode: 0o700 })
    rmSync(home.at(path), { recursive: true })
    symlinkSync(secret, home.at(path))
    assert.throws(() => install(home.path, 'private'), new RegExp(`${path} is a symbolic link`))
    const { uid, gid, mode } = statSync(secret)
    assert.deepEqual([uid, gid, mode & 0o7777], [0, 0, what === 'file' ? 0o600 : 0o700], path)
    assert.deepEqual(readdirSync(home.path).includes('secret') && what === 'folder' ? readdirSync(secret) : [], [])
    assert.ok(
      instcheck(home.path, false).some((line) => line.includes(path) && line.includes('wrong type')),
      path
    )
    rmSync(home.at(path))
    install(home.path, 'private')
    assert.deepEqual(instcheck(home.path, false), [])
  }
})

test('a link that only the administrator can have made is followed: a queue on another disk', { skip: needsRoot }, () => {
  const home = makeHome()
  renameSync(home.at('queue'), home.at('other-disk'))
  symlinkSync(home.at('other-disk'), home.at('queue'))
  install(home.path, 'private')
  assert.deepEqual(instcheck(home.path, false), [])
})

test('instcheck says which program is not what was installed', { skip: needsRoot }, () => {
  const home = makeHome()
  assert.deepEqual(instcheck(home.path, false), [])
  appendFileSync(home.at('bin/qmail-send'), '\n')
  assert.deepEqual(instcheck(home.path, false), ['.../bin/qmail-send is not what was installed'])
})
