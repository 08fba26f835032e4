/**
 * `make bench-drain`: a backlog drained, beside Postfix in the same run. Messages of 4 kB come by SMTP while the four users' mail is held (their homes are sticky; Postfix defers its transport `local`), so that
 * all wait in the ordinary queue; then it is let go. Prints messages a second from there until all are in the Maildirs, and until none is in the queue, for 100, 1,000 and 10,000 messages (SIZES), the middle of ROUNDS (default 3), after a warm-up; PEERS=none: without Postfix.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/helpers/free-port.ts'
import { until } from '../test/helpers/wait.ts'
import { spread } from './compare.ts'
import { arrivals, MESSAGE_BYTES, type Subject, sourceFor, USERS } from './load.ts'
import { enterNameSpace, startPostfix } from './postfix.ts'
import { startQmail } from './qmail.ts'

const SIZES = (process.env.SIZES || '100 1000 10000').split(' ').map(Number)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const WARM = 2000
const PATIENCE_SECONDS = 300
/** A hundred messages take some 80 ms. */
const LOOK_MILLISECONDS = 2
/** After `sync`: what was written is on the disk, and nothing is under way. A file system that writes five seconds' work of its own accord would do it in the midst of a short run. */
const REST_SECONDS = 3
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** How a server holds the users' mail, how many messages it holds, and how it lets go. */
interface Holding extends Subject {
  hold: () => void
  held: () => number
  /** Has everything left the queue? */
  isEmpty: () => boolean
  release: () => void
}

/** Messages a second: until all are in the Maildirs, and until the queue is empty. */
interface Rates {
  delivered: number
  left: number
}

/** Fills the queue and lets it go. */
const drain = async (subject: Holding, messages: number): Promise<Rates> => {
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
    throw new Error(`${subject.name} delivered only ${boxes.seen()} of ${messages}, or did not empty its queue`)
  }, PATIENCE_SECONDS * 1000)
  await boxes.all
  const deliveredAt = performance.now()
  while (!subject.isEmpty()) await delay(LOOK_MILLISECONDS)
  clearTimeout(isLate)
  const leftAt = performance.now()
  boxes.close()
  return { delivered: (messages * 1000) / (deliveredAt - start), left: (messages * 1000) / (leftAt - start) }
}

const LONGEST = SIZES.indexOf(Math.max(...SIZES))
const OURS = 0
const THEIRS = 1
/** One round: each size, of each server, so that a slow minute of the machine falls on all. */
const drainEach = async (subjects: readonly Holding[]): Promise<Rates[][]> => {
  const rates: Rates[][] = []
  for (const messages of SIZES) {
    const rate: Rates[] = []
    for (const subject of subjects) rate.push(await drain(subject, messages))
    rates.push(rate)
  }
  return rates
}

enterNameSpace(import.meta.filename)
const qmail = await startQmail(await freePort())
const mess = join(qmail.home, 'queue', 'mess')
const folders = readdirSync(mess).length
const homes = USERS.map((user) => join(qmail.home, 'homes', user))
const send = qmail.pids().find(([name]) => name === 'qmail-send')?.[1] ?? 0
const log = openSync(join(qmail.home, 'send.log'), 'r')
const piece = Buffer.alloc(1_048_576)
let line = ''
const seen = { deferral: 0, begun: 0, ended: 0 }
const countIn = (lines: string[], pattern: RegExp): number => lines.filter((one) => pattern.test(one)).length
/** Deferrals so far, messages begun and ended: the log is read on from where it was. */
const logged = (): typeof seen => {
  for (let length = readSync(log, piece); length > 0; length = readSync(log, piece)) {
    const lines = (line + piece.toString('latin1', 0, length)).split('\n')
    line = lines.pop() ?? ''
    seen.deferral += countIn(lines, /^delivery \d+: deferral/)
    seen.begun += countIn(lines, /^new msg/)
    seen.ended += countIn(lines, /^end msg/)
  }
  return seen
}
const ours: Holding = {
  ...qmail,
  hold: () => homes.forEach((home) => void chmodSync(home, 0o1755)),
  held: () => logged().deferral,
  isEmpty: () => {
    const { begun, ended } = logged()
    return begun === ended && readdirSync(mess, { recursive: true }).length === folders
  },
  release: () => {
    for (const home of homes) chmodSync(home, 0o755)
    process.kill(send, 'SIGALRM')
  }
}
const postfix = process.env.PEERS === 'none' ? undefined : startPostfix(await freePort())
const theirs: Holding[] = postfix
  ? [
      {
        ...postfix,
        hold: () => postfix.set('defer_transports = local'),
        held: () => postfix.deferred(),
        isEmpty: () => postfix.queued() === 0,
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
  say(
    '| messages | qmail-ts, a second: the middle (lowest-highest) | Postfix | ratio | ours, by ours of the most messages in the same round |\n| --- | --- | --- | --- | --- |'
  )
  const rounds: Rates[][][] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await drainEach(subjects))
  for (const [n, messages] of SIZES.entries()) {
    for (const what of ['delivered', 'left'] as const) {
      const of = (server: number, size = n): number[] => rounds.map((round) => round[size]?.[server]?.[what] ?? Number.NaN)
      const by = (others: number[]): string =>
        spread(
          of(OURS).map((rate, round) => rate / (others[round] ?? Number.NaN)),
          2
        )
      say(`| ${messages} ${what} | ${spread(of(OURS), 0)} | ${spread(of(THEIRS), 0)} | ${by(of(THEIRS))} | ${by(of(OURS, LONGEST))} |`)
    }
  }
} finally {
  postfix?.stop()
  await qmail.stop()
}
