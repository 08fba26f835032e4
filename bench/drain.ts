/**
 * `make bench-drain`: a backlog drained, beside Postfix in the same run. Messages of 4 kB come by SMTP while the four users' mail is held (their homes are sticky; Postfix defers its transport `local`), so that
 * all wait in the ordinary queue; then it is let go. Prints messages a second from there until all are in the Maildirs, for 100, 1,000 and 10,000 messages (SIZES), the middle of ROUNDS (default 3), after a warm-up.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/helpers/free-port.ts'
import { until } from '../test/helpers/wait.ts'
import { arrivals, MESSAGE_BYTES, median, type Subject, sourceFor, USERS } from './load.ts'
import { enterNameSpace, startPostfix } from './postfix.ts'
import { startQmail } from './qmail.ts'

const SIZES = (process.env.SIZES || '100 1000 10000').split(' ').map(Number)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const WARM = 2000
const PATIENCE_SECONDS = 300
/** After `sync`: what was written is on the disk, and nothing is under way. A file system that writes five seconds' work of its own accord would do it in the midst of a short run. */
const REST_SECONDS = 3
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** How a server holds the users' mail, how many messages it holds, and how it lets go. */
interface Holding extends Subject {
  hold: () => void
  held: () => number
  release: () => void
}

/** Fills the queue and lets it go: messages a second. */
const drain = async (subject: Holding, messages: number): Promise<number> => {
  subject.hold()
  const before = subject.held()
  const load = { name: '', messages, bytes: MESSAGE_BYTES, perMessage: false }
  const codes = await Promise.all(USERS.map((user) => sourceFor(user, subject.port, load)))
  if (codes.some((code) => code !== 0)) throw new Error(`the load generator failed against ${subject.name}`)
  await until(`${messages} messages to wait in ${subject.name}`, () => subject.held() - before >= messages, PATIENCE_SECONDS)
  spawnSync('sync')
  await delay(REST_SECONDS * 1000)
  const boxes = arrivals(subject.boxes, messages)
  const start = performance.now()
  subject.release()
  const isLate = setTimeout(() => {
    throw new Error(`${subject.name} delivered only ${boxes.seen()} of ${messages}`)
  }, PATIENCE_SECONDS * 1000)
  await boxes.all
  clearTimeout(isLate)
  boxes.close()
  return (messages * 1000) / (performance.now() - start)
}

enterNameSpace(import.meta.filename)
const qmail = await startQmail(await freePort())
const homes = USERS.map((user) => join(qmail.home, 'homes', user))
const send = qmail.pids().find(([name]) => name === 'qmail-send')?.[1] ?? 0
const log = openSync(join(qmail.home, 'send.log'), 'r')
const piece = Buffer.alloc(1_048_576)
let line = ''
let deferred = 0
/** Deferrals so far: the log is read on from where it was. */
const deferrals = (): number => {
  for (let length = readSync(log, piece); length > 0; length = readSync(log, piece)) {
    const lines = (line + piece.toString('latin1', 0, length)).split('\n')
    line = lines.pop() ?? ''
    deferred += lines.filter((one) => /^delivery \d+: deferral/.test(one)).length
  }
  return deferred
}
const ours: Holding = {
  ...qmail,
  hold: () => homes.forEach((home) => void chmodSync(home, 0o1755)),
  held: deferrals,
  release: () => {
    for (const home of homes) chmodSync(home, 0o755)
    process.kill(send, 'SIGALRM')
  }
}
const postfix = startPostfix(await freePort())
const theirs: Holding[] = postfix
  ? [
      {
        ...postfix,
        hold: () => postfix.set('defer_transports = local'),
        held: () => postfix.deferred(),
        release: () => {
          postfix.set('defer_transports =')
          spawnSync('/usr/sbin/postqueue', ['-f'])
        }
      }
    ]
  : []
try {
  const subjects = [ours, ...theirs]
  for (const subject of subjects) await drain(subject, WARM)
  say('| messages | qmail-ts, a second | Postfix | ratio |\n| --- | --- | --- | --- |')
  for (const messages of SIZES) {
    const rates: number[][] = []
    for (let round = 0; round < ROUNDS; round++) {
      const rate: number[] = []
      for (const subject of subjects) rate.push(await drain(subject, messages))
      rates.push(rate)
    }
    const of = (i: number): number => median(rates.map((rate) => rate[i] ?? Number.NaN))
    say(`| ${messages} | ${of(0).toFixed(0)} | ${of(1).toFixed(0)} | ${median(rates.map(([a = 0, b = Number.NaN]) => a / b)).toFixed(2)} |`)
  }
} finally {
  postfix?.stop()
  await qmail.stop()
}
