import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { endWith } from '../helpers/ending.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { processTree } from '../helpers/proc.ts'
import { type RunOptions, runProgram } from '../helpers/run-program.ts'
import { until } from '../helpers/wait.ts'

const home = makeHome()
const MESSAGE = 'Subject: hi\n\nFrom body\nlast'
const LINES = 'Return-Path: <s@h.example>\nDelivered-To: joe@ex.org\n'

interface Box {
  path: string
  lay: (name: string, text: string, mode?: number) => void
  read: (name: string) => string
  /** Delivers to joe, or joe-EXT, with this default delivery. */
  run: (defaultdelivery: string, options?: RunOptions & { ext?: string; sender?: string; message?: string }) => ReturnType<typeof runProgram>
}

const makeBox = (): Box => {
  const path = mkdtempSync(join(tmpdir(), 'qml-'))
  after(() => rmSync(path, { recursive: true, force: true }))
  return {
    path,
    lay: (name, text, mode = 0o644) => {
      writeFileSync(join(path, name), Buffer.from(text, 'latin1'))
      chmodSync(join(path, name), mode)
    },
    read: (name) => readFileSync(join(path, name), 'latin1'),
    run: (defaultdelivery, { ext, sender = 's@h.example', message = MESSAGE, ...options } = {}) =>
      runProgram(home, 'qmail-local', {
        args: ['--', 'joe', path, ext === undefined ? 'joe' : `joe-${ext}`, ext === undefined ? '' : '-', ext ?? '', 'ex.org', sender, defaultdelivery],
        fds: { 0: message },
        ...options
      })
  }
}
const makeMaildir = (path: string): string => {
  for (const part of ['', 'tmp', 'new', 'cur']) mkdirSync(join(path, part))
  return path
}

test('an mbox gets From_ line, quoting and blank line; a second message follows the first', () => {
  const box = makeBox()
  assert.deepEqual(box.run('./Mailbox'), { exit: 0, stdout: 'did 1+0+0\n', stderr: '' })
  box.run('./Mailbox', { message: '' })
  assert.match(
    box.read('Mailbox'),
    /^From s@h\.example \w{3} \w{3} \d\d \d\d:\d\d:\d\d \d{4}\nReturn-Path: <s@h\.example>\nDelivered-To: joe@ex\.org\nSubject: hi\n\n>From body\nlast\n\nFrom .*\nReturn-Path: .*\nDelivered-To: .*\n\n$/
  )
  assert.equal(statSync(join(box.path, 'Mailbox')).mode & 0o777, 0o600)
})

test('a Maildir gets one private file, byte for byte, and nothing stays in tmp', () => {
  const box = makeBox()
  makeMaildir(join(box.path, 'Maildir'))
  assert.equal(box.run('./Maildir/\n./Maildir/').stdout, 'did 2+0+0\n')
  const names = readdirSync(join(box.path, 'Maildir', 'new'))
  assert.equal(names.length, 2)
  for (const name of names) {
    assert.match(name, /^\d{10}\.\d+(_\d+)?\.[^/]+$/)
    assert.equal(box.read(`Maildir/new/${name}`), LINES + MESSAGE)
    assert.equal(statSync(join(box.path, 'Maildir', 'new', name)).mode & 0o777, 0o600)
  }
  assert.deepEqual(readdirSync(join(box.path, 'Maildir', 'tmp')), [])
})

test('a Maildir that is not there, or lacks new, defers and leaves nothing', () => {
  const box = makeBox()
  assert.deepEqual(box.run('./Maildir/'), { exit: 111, stdout: '', stderr: 'Unable to chdir to maildir. (#4.2.1)\n' })
  makeMaildir(join(box.path, 'Maildir'))
  rmSync(join(box.path, 'Maildir', 'new'), { recursive: true })
  assert.deepEqual(box.run('./Maildir/'), { exit: 111, stdout: '', stderr: 'Temporary error on maildir delivery. (#4.3.0)\n' })
  assert.deepEqual(readdirSync(join(box.path, 'Maildir', 'tmp')), [])
  assert.ok(!existsSync(join(box.path, 'Maildir', 'new')))
})

test('a full disk defers an mbox delivery, and so does what cannot be synced', () => {
  const box = makeBox()
  for (const name of ['/dev/full', '/dev/null']) {
    const r = box.run(name)
    assert.deepEqual([r.exit, r.stdout], [111, ''], name)
    assert.match(r.stderr, /#4\.3\.0/)
  }
})

test('an mbox locked by another program is waited for, and written when it is released', async () => {
  const box = makeBox()
  box.lay('Mailbox', '')
  box.lay('message', MESSAGE)
  const holder = spawn('flock', ['-x', join(box.path, 'Mailbox'), 'sh', '-c', 'echo locked; read go'], { stdio: ['pipe', 'pipe', 'inherit'] })
  endWith(undefined, holder)
  await once(holder.stdout, 'data')
  const message = openSync(join(box.path, 'message'), 'r')
  const child = spawn(home.at('bin', 'qmail-local'), ['--', 'joe', box.path, 'joe', '', '', 'ex.org', 's@h', './Mailbox'], {
    stdio: [message, 'ignore', 'inherit']
  })
  endWith(undefined, child)
  closeSync(message)
  const ended = once(child, 'exit')
  await until('it to wait for the lock', () => processTree(child.pid ?? 0).some((p) => p.name === 'flock'))
  assert.equal(box.read('Mailbox'), '')
  holder.stdin.end('go\n')
  assert.deepEqual(await ended, [0, null])
  assert.match(box.read('Mailbox'), /^From s@h .*\n/)
})

test('each program reads the whole message again; results decide', () => {
  const box = makeBox()
  box.lay('.qmail', '|head -c 3; echo\n|cat\n|pwd; umask\n')
  assert.equal(box.run('').stdout, `Sub\n${MESSAGE}${box.path}\n0077\ndid 0+0+3\n`)
  rmSync(join(box.path, '.qmail'))
  const results: [string, number, string][] = [
    ['exit 100', 100, ''],
    ['exit 64', 100, ''],
    ['exit 112', 100, ''],
    ['exit 1', 111, ''],
    ['no-such-command 2>/dev/null', 111, ''],
    ['kill -9 $$', 111, 'Aack, child crashed. (#4.3.0)\n']
  ]
  for (const [command, exit, stderr] of results) assert.deepEqual(box.run(`|${command}\n./never`), { exit, stdout: '', stderr }, command)
  assert.ok(!existsSync(join(box.path, 'never')))
  assert.deepEqual(box.run('|exit 99\n./never'), { exit: 0, stdout: 'did 0+0+1\n', stderr: '' })
  assert.ok(!existsSync(join(box.path, 'never')))
})

test('a program reads the message where the user may not open its file', { skip: isRoot ? false : 'only root can hand over what a user may not open' }, () => {
  const box = makeBox()
  const file = join(box.path, 'secret')
  box.lay('secret', MESSAGE, 0o600)
  chmodSync(box.path, 0o755)
  const fd = openSync(file, 'r')
  const r = spawnSync(home.at('bin', 'qmail-local'), ['--', 'joe', box.path, 'joe', '', '', 'ex.org', 's@h', '|cat\n|wc -c'], {
    stdio: [fd, 'pipe', 'pipe'],
    uid: 64_410,
    gid: 64_410
  })
  closeSync(fd)
  assert.equal(r.stdout.toString('latin1'), `${MESSAGE}${MESSAGE.length}\ndid 0+0+2\n`)
})

test('forwards come last, in one submission, with our Delivered-To; exit 99 keeps those above it', () => {
  const box = makeBox()
  box.lay('queue', `#!/bin/sh\ncat > ${box.path}/m; cat <&1 > ${box.path}/e; echo x >> ${box.path}/times\n`, 0o755)
  box.lay('.qmail', '&a@b\n|exit 99\nc@d\n')
  const r = box.run('', { env: { QMAILQUEUE: join(box.path, 'queue') } })
  assert.match(r.stdout, /^did 0\+1\+1\nqp \d+\n$/)
  assert.equal(box.read('m'), `Delivered-To: joe@ex.org\n${MESSAGE}`)
  assert.equal(box.read('e'), 'Fs@h.example\0Ta@b\0\0')
  box.lay('.qmail', '&a@b\n|exit 111\n')
  assert.equal(box.run('', { env: { QMAILQUEUE: join(box.path, 'queue') } }).exit, 111)
  assert.equal(box.read('times'), 'x\n')
})

test('a forwarded message stands in the queue, from the list owner', () => {
  const box = makeBox()
  box.lay('.qmail-list', '&a@b\n')
  box.lay('.qmail-list-owner', '')
  box.lay('.qmail-list-owner-default', '')
  const sender = (options: object): string => {
    box.lay('queue', `#!/bin/sh\ncat >/dev/null; cat <&1 > ${box.path}/e\n`, 0o755)
    box.run('', { ext: 'List', env: { QMAILQUEUE: join(box.path, 'queue') }, ...options })
    return box.read('e').split('\0')[0] ?? ''
  }
  assert.equal(sender({}), 'Fjoe-List-owner-@ex.org-@[]')
  assert.equal(sender({ sender: '#@[]' }), 'F#@[]')
  assert.equal(sender({ sender: '' }), 'F')
  rmSync(join(box.path, '.qmail-list-owner-default'))
  assert.equal(sender({}), 'Fjoe-List-owner@ex.org')
  rmSync(join(box.path, '.qmail-list-owner'))
  assert.equal(sender({}), 'Fs@h.example')
})

test('the nearest -default takes what has no file; what is no file is passed over; none bounces', () => {
  const box = makeBox()
  box.lay('.qmail-a-default', '|echo "near $DEFAULT"\n')
  box.lay('.qmail-default', '|echo "far $DEFAULT"\n')
  mkdirSync(join(box.path, '.qmail-a-B.c'))
  symlinkSync('nowhere', join(box.path, '.qmail-a-b:c'))
  assert.equal(box.run('', { ext: 'a-B.c' }).stdout, 'near B.c\ndid 0+0+1\n')
  assert.equal(box.run('', { ext: 'X.y' }).stdout, 'far X.y\ndid 0+0+1\n')
  rmSync(join(box.path, '.qmail-default'))
  assert.deepEqual(box.run('./x', { ext: 'x' }), { exit: 100, stdout: '', stderr: 'Sorry, no mailbox here by that name. (#5.1.1)\n' })
})

test('an unreadable .qmail-x defers, and no -default steps in', { skip: isRoot ? false : 'as an ordinary user every test file is readable' }, () => {
  const box = makeBox()
  chmodSync(box.path, 0o755)
  box.lay('.qmail-x', './x\n', 0o600)
  box.lay('.qmail-default', '#\n')
  const r = box.run('./x', { ext: 'x', uid: 64_410, gid: 64_410 })
  assert.equal(r.exit, 111)
  assert.match(r.stderr, /^Unable to open \.qmail-x: access denied\. \(#4\.3\.0\)\n$/)
})

test('modes: a sticky or world-writable home and a world-writable file defer, the x bit allows forwards only', () => {
  const box = makeBox()
  const exits = (): unknown[] => [box.run('#').exit, box.run('', { args: ['-n', 'joe', box.path, 'joe', '', '', 'ex.org', 's@h', '#'] }).exit]
  for (const [mode, expected] of [
    [0o1755, [111, 0]],
    [0o757, [111, 111]],
    [0o775, [0, 0]]
  ] as const) {
    chmodSync(box.path, mode)
    assert.deepEqual(exits(), expected, mode.toString(8))
  }
  box.lay('.qmail', '#\n', 0o646)
  assert.equal(box.run('').exit, 111)
  box.lay('.qmail', './x\n', 0o744)
  assert.match(box.run('').stderr, /x bit set/)
  box.lay('.qmail', '', 0o744)
  assert.equal(box.run('#').exit, 0)
})

test('our own Delivered-To line in the header is a loop, for good', () => {
  const box = makeBox()
  const r = box.run('./Mailbox', { message: 'A: b\nDelivered-To: joe@ex.org\n\nx\n' })
  assert.deepEqual([r.exit, r.stdout], [100, ''])
  assert.match(r.stderr, /looping.*#5\.4\.6/)
  assert.ok(!existsSync(join(box.path, 'Mailbox')))
})

test('a message that cannot be read from its start defers: a pipe is no message', () => {
  const box = makeBox()
  const r = runProgram(home, 'qmail-local', { args: ['joe', box.path, 'joe', '', '', 'ex.org', 's@h', './Mailbox'], input: MESSAGE })
  assert.deepEqual([r.exit, r.stdout], [111, ''])
  assert.ok(!existsSync(join(box.path, 'Mailbox')))
})

test('-n describes, in order, and does nothing', () => {
  const box = makeBox()
  box.lay('.qmail', './x\n&a@b\n|c d\n./m/\n+list\n|no\n')
  const r = runProgram(home, 'qmail-local', { args: ['-n', 'joe', box.path, 'joe', '', '', 'ex.org', 's@h', ''] })
  assert.deepEqual([r.exit, r.stdout], [111, 'mbox ./x\nforward a@b\nprogram c d\nmaildir ./m/\n'])
  assert.deepEqual(readdirSync(box.path), ['.qmail'])
})

test('as root it has no second gear', { skip: isRoot ? false : 'only root is root' }, () => {
  const r = spawnSync(home.at('lib', 'node'), [home.at('bin', 'qmail-local')], { env: { QMAIL_RESIDENT: '1' }, input: '' })
  assert.equal(r.status, 100)
})
