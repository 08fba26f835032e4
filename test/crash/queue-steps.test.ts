import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { beforeEach, test } from 'node:test'
import { submitThroughSocket } from '../../src/submit/socket.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { queued, queueFiles } from '../helpers/queue-files.ts'
import { RUN_SECONDS } from '../helpers/run-program.ts'
import { withoutStrace } from '../helpers/strace.ts'
import { startQueued } from '../helpers/suite.ts'

const home = makeHome()
const trace = home.at('trace')
const skip = withoutStrace
const MESSAGE = 'Subject: x\n\nhi\n'
writeFileSync(home.at('message'), MESSAGE)
writeFileSync(home.at('envelope'), 'Fa@b\0Tc@d\0\0')

/** Runs qmail-queue with one system call failing, or killed when it is about to make it: `rename:1` is the first rename. */
const queueWith = (at: string, what: string): number | string => {
  const [call, when] = at.split(':')
  const script = `exec strace -o "${trace}" -e trace=rename,fsync -e inject=${call}:${what}:when=${when} "${home.at('bin/qmail-queue')}" < "${home.at('message')}" 1< "${home.at('envelope')}"`
  const r = spawnSync('/bin/sh', ['-c', script], { timeout: RUN_SECONDS * 1000 })
  return r.signal ?? r.status ?? -1
}

const folders = (): string[] => queueFiles(home).map((path) => path.split('/')[0] ?? '')

beforeEach(() => {
  for (const file of queueFiles(home)) rmSync(home.at('queue', file))
})

// In order: rename pid to mess, fsync mess, fsync intd, rename intd to todo, fsync the folder todo.
const failing: [at: string, exit: number, left: string[]][] = [
  ['rename:1', 64, ['pid']],
  ['fsync:1', 53, []],
  ['fsync:2', 53, []],
  ['rename:2', 66, ['intd', 'mess']],
  ['fsync:3', 66, ['mess', 'todo']]
]
for (const [at, exit, left] of failing) {
  test(`qmail-queue: ${at} fails: exit ${exit}, left: ${left.join(', ') || 'nothing'}`, { skip }, () => {
    assert.equal(queueWith(at, 'error=EIO'), exit)
    assert.deepEqual(folders().sort(), left)
  })
}

const dying: [at: string, state: string, left: string[]][] = [
  ['rename:1', 'S1', ['pid']],
  ['fsync:1', 'S2', ['mess']],
  ['fsync:2', 'S3', ['intd', 'mess']],
  ['rename:2', 'S3', ['intd', 'mess']],
  ['fsync:3', 'S4', ['mess', 'todo']]
]
for (const [at, state, left] of dying) {
  test(`qmail-queue dies before ${at}: state ${state}`, { skip }, () => {
    assert.equal(queueWith(at, 'signal=KILL'), 'SIGKILL')
    assert.deepEqual(folders().sort(), left)
    for (const m of queued(home)) assert.ok(m.message.endsWith(`\n${MESSAGE}`) && m.envelope.endsWith('\0Fa@b\0Tc@d\0'), 'what is queued is whole')
  })
}

const needsRoot = skip || (isRoot ? false : 'needs root: runs as another user')
const OTHER = { uid: 64_250, gid: 64_250 }

/** As queueWith, for a caller who goes through the drop folder; the calls made come back too. */
const dropWith = (inject: string): { exit: number | null; calls: string[] } => {
  const args = ['-o', home.at('scratch', 'trace'), '-e', 'trace=rename,fsync', ...(inject ? ['-e', `inject=${inject}`] : []), home.at('bin/qmail-queue')]
  const script = `exec strace "$@" < "${home.at('message')}" 1< "${home.at('envelope')}"`
  const { status } = spawnSync('/bin/sh', ['-c', script, 'sh', ...args], { timeout: RUN_SECONDS * 1000, ...OTHER })
  const calls = readFileSync(home.at('scratch', 'trace'), 'latin1').match(/^\w+/gm) ?? []
  return { exit: status, calls }
}
const drops = (): string[] => readdirSync(home.at('drop')).filter((name) => name !== 'trigger')

test('through the drop folder: the file is synced after it has its final name, which syncs the name too', { skip: needsRoot }, () => {
  mkdirSync(home.at('scratch'))
  chownSync(home.at('scratch'), OTHER.uid, OTHER.gid)
  assert.deepEqual(dropWith(''), { exit: 0, calls: ['rename', 'fsync'] })
  assert.match(drops().join(), /^m\.[^,]*$/)
  rmSync(home.at('drop', drops()[0] ?? ''))
  for (const [inject, exit] of [
    ['fsync:error=EIO:when=1', 53],
    ['rename:error=EIO:when=1', 66]
  ] as const) {
    assert.equal(dropWith(inject).exit, exit)
    assert.deepEqual(drops(), [], 'nothing is left')
  }
})

/** The steps of a trace in the order they were completed. strace breaks a call in two when another thread gets in between. */
const steps = (text: string): string[] => {
  const begun = new Map<string, string>()
  return text.split('\n').flatMap((line) => {
    const thread = line.split(' ')[0] ?? ''
    const whole = line.includes(' resumed>') ? (begun.get(thread) ?? '') + line : line
    if (line.endsWith('<unfinished ...>')) {
      begun.set(thread, line)
      return []
    }
    const to = /rename\(.*"[^"]*(mess|todo)\/[^"]*"[^"]*$/.exec(whole)
    if (to) return [`rename to ${to[1]}`]
    const synced = /fsync\(\d+<.*\/queue\/(mess|intd|todo)\b/.exec(whole)
    if (synced) return [`fsync ${synced[1]}`]
    return /"\d+:0 \d+,"/.test(whole) ? ['answer'] : []
  })
}

test('qmail-queued: the answer comes after the message, its envelope and the name in todo/ are on the disk', { skip }, async () => {
  const daemon = await startQueued(home)
  const args = ['-f', '-y', '-o', trace, '-e', 'trace=rename,fsync,write,writev,sendto,sendmsg', '-p', String(daemon.child.pid)]
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  await once(tracer.stderr, 'data') // 'attached'
  const socket = connect(home.at('run/smtpd/socket'))
  const submission = submitThroughSocket(socket)
  submission.write(Buffer.from(MESSAGE))
  assert.equal((await submission.finish('a@b', ['c@d'])).code, 0)
  socket.destroy()
  tracer.kill('SIGINT')
  await once(tracer, 'exit')
  const order = steps(readFileSync(trace, 'latin1'))
  assert.equal(order[0], 'rename to mess')
  assert.deepEqual(order.slice(1, 3).sort(), ['fsync intd', 'fsync mess'])
  assert.deepEqual(order.slice(3), ['rename to todo', 'fsync todo', 'answer'])
  assert.equal(await daemon.stop(), 0)
})
