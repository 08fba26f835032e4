import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, constants, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import { suiteGroup, suiteUser } from '../../src/os/ids.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { queued, queueFiles } from '../helpers/queue-files.ts'
import { RUN_SECONDS, type RunOptions, runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const uid = process.getuid?.() ?? 0
const MESSAGE = 'Subject: x\n\nhi\n'
const ENVELOPE = 'Fa@b\0Tjoe@example.org\0\0'
const OTHER = { uid: 64_250, gid: 64_250 }
const needsRoot = isRoot ? false : 'needs root: runs as other users'

const queue = (message: string, envelope: string, options: RunOptions = {}) => runProgram(home, 'qmail-queue', { fds: { 0: message, 1: envelope }, ...options })

beforeEach(() => {
  for (const file of queueFiles(home)) rmSync(home.at('queue', file))
  for (const name of readdirSync(home.at('drop'))) if (name !== 'trigger') rmSync(home.at('drop', name))
})

test('a message and its envelope are queued to the byte', () => {
  const r = queue(MESSAGE, ENVELOPE)
  assert.deepEqual(r, { exit: 0, stdout: '', stderr: '' })
  const [m, ...more] = queued(home)
  assert.deepEqual(more, [])
  const [, pid, date] = /^Received: \(qmail (\d+) invoked by uid \d+\); (\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d) -0000\n/.exec(m?.message ?? '') ?? []
  assert.equal(m?.message, `Received: (qmail ${pid} invoked by uid ${uid}); ${date} -0000\n${MESSAGE}`)
  assert.equal(m?.envelope, `u${uid}\0p${pid}\0Fa@b\0Tjoe@example.org\0`)
  assert.ok(Math.abs(Date.parse(`${date} GMT`) - Date.now()) < 600_000, 'the date is now, in UTC')
})

test('a message number is the inode number of its file, which everybody in the group may read', () => {
  queue(MESSAGE, ENVELOPE)
  const [m] = queued(home)
  const stat = statSync(home.at('queue', 'mess', String((m?.id ?? 0) % 23), String(m?.id)))
  assert.equal(stat.ino, m?.id)
  assert.equal(stat.mode & 0o777, 0o644)
  assert.deepEqual(queueFiles(home, ['intd', 'pid']), [], 'nothing is left of the way there')
})

test('bytes are copied untouched: NUL, 8-bit, no last line end, larger than any buffer', () => {
  const body = `\0\xff\r\n.\n${'\x80abc'.repeat(100_000)}`
  assert.equal(queue(body, ENVELOPE).exit, 0)
  assert.ok(queued(home)[0]?.message.endsWith(` -0000\n${body}`))
})

const codes: [exit: number, why: string, envelope: string][] = [
  [54, 'an empty envelope', ''],
  [54, 'an envelope without its end', 'Fa\0Tb@c\0'],
  [91, 'no sender', 'Xa\0\0'],
  [91, 'no recipient letter', 'Fa\0Xb\0\0'],
  [11, 'a recipient of 1003 bytes', `Fa\0T${'r'.repeat(1003)}\0\0`],
  [11, 'a sender of 1003 bytes', `F${'s'.repeat(1003)}\0\0`]
]
for (const [exit, why, envelope] of codes) {
  test(`${why}: exit ${exit}, nothing queued`, () => {
    assert.deepEqual(queue(MESSAGE, envelope), { exit, stdout: '', stderr: '' })
    assert.deepEqual(queued(home), [])
    assert.equal(queueFiles(home).length, exit === 54 ? 0 : 2, 'only 54 tidies up')
  })
}

test('what follows the envelope is not looked at', () => {
  assert.equal(queue(MESSAGE, `${ENVELOPE}JUNK`).exit, 0)
  assert.ok(queued(home)[0]?.envelope.endsWith('\0Fa@b\0Tjoe@example.org\0'))
})

test('a file size limit: exit 53 and nothing left', () => {
  writeFileSync(home.at('big'), Buffer.alloc(200_000, 'x'))
  writeFileSync(home.at('envelope'), ENVELOPE)
  const r = spawnSync('/bin/sh', ['-c', `ulimit -f 100; exec "${home.at('bin/qmail-queue')}" < "${home.at('big')}" 1< "${home.at('envelope')}"`])
  assert.equal(r.status, 53)
  assert.deepEqual(queueFiles(home), [])
})

test('an unreadable message: exit 54 and nothing left', () => {
  writeFileSync(home.at('envelope'), ENVELOPE)
  const r = spawnSync('/bin/sh', ['-c', `exec "${home.at('bin/qmail-queue')}" < / 1< "${home.at('envelope')}"`])
  assert.equal(r.status, 54)
  assert.deepEqual(queueFiles(home), [])
})

const missing: [exit: number, path: string][] = [
  [62, 'queue'],
  [63, 'queue/pid'],
  [64, 'queue/mess'],
  [65, 'queue/intd'],
  [66, 'queue/todo']
]
for (const [exit, path] of missing) {
  test(`no ${path}: exit ${exit}`, () => {
    renameSync(home.at(path), home.at(`${path}.away`))
    try {
      assert.deepEqual(queue(MESSAGE, ENVELOPE), { exit, stdout: '', stderr: '' })
    } finally {
      renameSync(home.at(`${path}.away`), home.at(path))
    }
  })
}

test('a message queued already under the same name is not overwritten: exit 66', () => {
  // todo/ has a leftover for every number this file system may give out next: the one just freed
  queue(MESSAGE, ENVELOPE)
  const [old] = queued(home)
  rmSync(home.at('queue', 'mess', String((old?.id ?? 0) % 23), String(old?.id)))
  const r = queue(MESSAGE, ENVELOPE)
  const now = queueFiles(home, ['mess']).map((path) => Number(path.split('/').at(-1)))
  if (now.includes(old?.id ?? -1)) assert.equal(r.exit, 66)
  else assert.equal(r.exit, 0)
  assert.equal(readFileSync(home.at('queue', 'todo', String(old?.id)), 'latin1'), old?.envelope)
})

test('without lock/ a message is queued all the same', () => {
  renameSync(home.at('queue/lock'), home.at('queue/lock.away'))
  try {
    assert.equal(queue(MESSAGE, ENVELOPE).exit, 0)
  } finally {
    renameSync(home.at('queue/lock.away'), home.at('queue/lock'))
  }
})

test('the trigger is pulled', () => {
  const fd = openSync(home.at('queue/lock/trigger'), constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    queue(MESSAGE, ENVELOPE)
    assert.equal(readSync(fd, Buffer.alloc(10)), 1)
  } finally {
    closeSync(fd)
  }
})

test('a caller whose umask hides everything cannot hide the files', () => {
  writeFileSync(home.at('envelope'), ENVELOPE)
  spawnSync('/bin/sh', ['-c', `umask 077; exec "${home.at('bin/qmail-queue')}" < "${home.at('envelope')}" 1< "${home.at('envelope')}"`])
  for (const file of queueFiles(home)) assert.equal(statSync(home.at('queue', file)).mode & 0o777, 0o644)
})

test('HUP, INT and QUIT do not stop a message on its way', () => {
  const signals = 'kill -HUP $$; kill -INT $$; kill -QUIT $$'
  const script = `mkfifo "$1/fifo"; (exec "$1/bin/qmail-queue" < "$1/fifo" 1< "$1/envelope") & exec 9> "$1/fifo"
    while ! grep -q qmail-queue /proc/$!/comm; do sleep 0.02; done; while ! ls "$1"/queue/mess/*/[0-9]* >/dev/null 2>&1; do sleep 0.02; done
    ${signals.replaceAll('$$', '$!')}; printf rest >&9; exec 9>&-; wait $!`
  writeFileSync(home.at('envelope'), ENVELOPE)
  const r = spawnSync('/bin/bash', ['-c', script, 'bash', home.path], { timeout: RUN_SECONDS * 1000 })
  assert.equal(r.status, 0, String(r.stderr))
  assert.ok(queued(home)[0]?.message.endsWith('\nrest'))
})

test('an unknown user: exit 111, and the only text qmail-queue ever prints', () => {
  const ids = readFileSync(home.at('lib/ids'), 'latin1')
  writeFileSync(home.at('lib/ids'), ids.replace(/^user qmails .*$/m, 'user qmails none none /')) // a line there goes before an account of the machine
  try {
    assert.deepEqual(queue(MESSAGE, ENVELOPE), { exit: 111, stdout: '', stderr: 'fatal: unable to find user qmails\n' })
  } finally {
    writeFileSync(home.at('lib/ids'), ids)
  }
})

test('root writes the queue as qmailq', { skip: needsRoot }, () => {
  queue(MESSAGE, ENVELOPE)
  for (const file of queueFiles(home)) assert.equal(statSync(home.at('queue', file)).uid, suiteUser(home.path, 'qmailq').uid)
})

test('qmailq writes the queue itself', { skip: needsRoot }, () => {
  const { uid: qmailq, gid } = suiteUser(home.path, 'qmailq')
  assert.equal(queue(MESSAGE, ENVELOPE, { uid: qmailq, gid }).exit, 0)
  assert.match(queued(home)[0]?.message ?? '', new RegExp(`invoked by uid ${qmailq}\\)`))
})

const drops = (): string[] => readdirSync(home.at('drop')).filter((name) => name !== 'trigger')

test('anybody else leaves the message in drop/, for qmailq to read and nobody else', { skip: needsRoot }, () => {
  assert.deepEqual(queue(MESSAGE, ENVELOPE, OTHER), { exit: 0, stdout: '', stderr: '' })
  assert.deepEqual(queueFiles(home), [])
  const [name, ...more] = drops()
  assert.deepEqual(more, [])
  const stat = statSync(home.at('drop', name ?? ''))
  assert.equal(stat.uid, OTHER.uid)
  assert.equal(stat.gid, suiteGroup(home.path, 'qmail'))
  assert.equal(stat.mode & 0o777, 0o640)
  assert.match(readFileSync(home.at('drop', name ?? ''), 'latin1'), /^Subject: x\n\nhi\nFa@b\0Tjoe@example\.org\0\0qmail-drop 1 15 23 \d+ \d+ +\n$/)
})

for (const [exit, why, envelope] of codes) {
  test(`drop/: ${why}: exit ${exit}, nothing left`, { skip: needsRoot }, () => {
    assert.deepEqual(queue(MESSAGE, envelope, OTHER), { exit, stdout: '', stderr: '' })
    assert.deepEqual(drops(), [])
  })
}

test('drop/: a file size limit: exit 53 and nothing left', { skip: needsRoot }, () => {
  writeFileSync(home.at('big'), Buffer.alloc(200_000, 'x'))
  writeFileSync(home.at('envelope'), ENVELOPE)
  const r = spawnSync('/bin/sh', ['-c', `ulimit -f 100; exec "${home.at('bin/qmail-queue')}" < "${home.at('big')}" 1< "${home.at('envelope')}"`], OTHER)
  assert.equal(r.status, 53)
  assert.deepEqual(drops(), [])
})

test('a message on a closed descriptor cannot be read: exit 54, nothing queued; an empty one can', () => {
  writeFileSync(home.at('envelope'), ENVELOPE)
  const run = (redirect: string) => runProgram(home, '/bin/sh', { args: ['-c', `exec qmail-queue ${redirect} 1<"$0"`, home.at('envelope')] }).exit
  assert.equal(run('0<&-'), 54)
  assert.deepEqual(queueFiles(home), [])
  assert.equal(run('0</dev/null'), 0)
  assert.equal(queued(home).length, 1)
})

/** $QMAILESMTP for this envelope. */
const said = (notes: string, envelope = ENVELOPE): string =>
  `e=${createHash('sha256').update(envelope.slice(0, -1), 'latin1').digest('hex').slice(0, 16)} ${notes}`
const NOTES = 'v=1 o=auth u=joe ret=H r=0,n=FD,o=rfc822;Joe@x'

test('$QMAILESMTP tells what was asked for, for the envelope it was made for and no other', () => {
  assert.equal(queue(MESSAGE, ENVELOPE, { env: { QMAILESMTP: said(NOTES) } }).exit, 0)
  assert.match(queued(home)[0]?.envelope ?? '', new RegExp(`^u\\d+\0p\\d+ ${NOTES}\0Fa@b\0Tjoe@example\\.org\0$`))
  const other = 'Fa@b\0Tjoe@example.org\0Tann@example.org\0\0'
  const useless: [value: string, envelope: string][] = [
    ['', ENVELOPE],
    [NOTES, ENVELOPE],
    [said(NOTES), other],
    [said(NOTES, other), ENVELOPE],
    [said('v=1 r=1,n=N'), ENVELOPE],
    [said('v=1 r=0,n=N r=0,n=F'), ENVELOPE],
    [said('v=1 r=0,n=X'), ENVELOPE],
    [said(`v=1 envid=${'x'.repeat(65_536)}`), ENVELOPE]
  ]
  for (const [value, envelope] of useless) {
    for (const file of queueFiles(home)) rmSync(home.at('queue', file))
    assert.equal(queue(MESSAGE, envelope, { env: { QMAILESMTP: value } }).exit, 0, value.slice(0, 99))
    assert.match(queued(home)[0]?.envelope ?? '', /^u\d+\0p\d+\0Fa@b\0/, value.slice(0, 99))
  }
})

test('what DSN asks for passes through a queue program of $QMAILQUEUE, with its message alone', () => {
  home.control('esmtp', 'PIPELINING\nDSN\n')
  const program = home.at('lib', 'wrapper')
  writeFileSync(program, `#!/bin/sh\nexec ${home.at('bin', 'qmail-queue')}\n`, { mode: 0o755 })
  const message = (parameters: string) => `MAIL FROM:<a@b>${parameters}\r\nRCPT TO:<joe@example.org>\r\nDATA\r\n${MESSAGE.replaceAll('\n', '\r\n')}.\r\n`
  const input = `EHLO x\r\n${message(' RET=HDRS ENVID=7')}${message('')}QUIT\r\n`
  const { stdout } = runProgram(home, 'qmail-smtpd', { input, env: { QMAILQUEUE: program } })
  assert.equal(stdout.match(/^250 ok \d+ qp \d+/gm)?.length, 2, stdout)
  const notes = queued(home).map(({ envelope }) => /^u\d+\0p\d+ ?([^\0]*)\0/.exec(envelope)?.[1])
  assert.deepEqual(notes.toSorted(), ['', 'v=1 o=net ret=H envid=7'])
  rmSync(home.at('control', 'esmtp'))
})
