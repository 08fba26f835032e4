import assert from 'node:assert/strict'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { suiteUser } from '../../src/os/ids.ts'
import { type Home, isRoot, makeHome } from '../helpers/home.ts'
import { killListed, processTree } from '../helpers/proc.ts'
import { runProgram } from '../helpers/run-program.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { type Daemon, killGroup, maildir, makeMaildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { PATIENT } from '../helpers/wait.ts'

const SESSIONS = 6
/** u0 and u1 are users of users/cdb; u2 is the alias user's, found by qmail-getpw. */
const BOXES = 3
const BODY = 'x'.repeat(60)
/** 4 kB whose last line proves that the message is whole. */
const bodyOf = (n: number): string => `${Array.from({ length: 66 }, () => BODY).join('\n')}\nend ${n}\n`

/** Keeps sending until told to stop; the numbers of the messages that were acknowledged. */
const load = (port: () => number) => {
  const acknowledged = new Set<number>()
  let stop = false
  let next = 0
  const session = async (): Promise<void> => {
    while (!stop) {
      const n = next++
      try {
        await smtpSend(port(), 'sender@away.example', [`u${n % BOXES}@local.example`], `Subject: message ${n}\n\n${bodyOf(n)}`)
        acknowledged.add(n)
      } catch {
        await delay(20) // not acknowledged: nobody promised anything
      }
    }
  }
  const sessions = Array.from({ length: SESSIONS }, session)
  after(() => {
    stop = true
  })
  return {
    acknowledged,
    finish: async (): Promise<void> => {
      stop = true
      await Promise.all(sessions)
    }
  }
}

interface Running {
  suite: Daemon
  smtpd: { port: number; daemon: Daemon }
}
const startAll = async (home: Home): Promise<Running> => ({ suite: await startSuite(home), smtpd: await startSmtpd(home, ['-w', '2']) })

const isQueueEmpty = (home: Home): boolean =>
  runProgram(home, 'qmail-qstat').stdout.endsWith('preprocessed: 0\n') && runProgram(home, 'qmail-qread').stdout === ''

/** Every acknowledged message is in a Maildir, whole; a duplicate is allowed, a torn one never. */
const allArrive = async ({ suite }: Running, home: Home, boxes: string[], acknowledged: Set<number>): Promise<void> => {
  const arrived = (): Map<number, string> =>
    new Map(boxes.flatMap(maildir).map((text) => [Number(/^Subject: message (\d+)$/m.exec(text)?.[1] ?? -1), text] as const))
  // mess/ may hold what a killed qmail-queued left half-written, never acknowledged: it goes after 36 hours
  const isEmpty = (): boolean => {
    suite.child.kill('SIGALRM') // a delivery that met the crash was deferred
    return isQueueEmpty(home)
  }
  await until('an empty queue', isEmpty)
  const have = arrived()
  assert.deepEqual(
    [...acknowledged].filter((n) => !have.has(n)),
    [],
    'acknowledged, but lost'
  )
  for (const [n, text] of have) assert.ok(text.endsWith(`\n\n${bodyOf(n)}`), `message ${n} is torn`)
}

const prepare = (): { home: Home; boxes: string[] } => {
  const home = makeHome()
  home.control('locals', 'local.example\n')
  home.control('rcpthosts', 'local.example\n')
  const boxes = makeUsers(home, ['u0', 'u1']).map((u) => u.maildir())
  const aliasBox = home.at('alias', 'box')
  makeMaildir(aliasBox)
  const { uid, gid } = suiteUser(home.path, 'alias')
  for (const folder of ['', 'tmp', 'new', 'cur']) if (isRoot) chownSync(join(aliasBox, folder), uid, gid)
  writeFileSync(home.at('alias', '.qmail-u2'), './box/\n')
  return { home, boxes: [...boxes, aliasBox] }
}

/** Kills one process of the running suite by name; false if there is none. */
const killOne = (running: Running, name: string): boolean => {
  const all = [running.suite, running.smtpd.daemon].flatMap(({ child }) => (child.pid === undefined ? [] : processTree(child.pid)))
  const victim = all.find((p) => p.name === name)
  if (victim) killListed(victim)
  return victim !== undefined
}

const VICTIMS = [
  'qmail-start',
  'qmail-send',
  'qmail-clean',
  'qmail-queued',
  'qmail-lspawn',
  'qmail-rspawn',
  'qmail-local',
  'qmail-getpw',
  'qmail-smtpd',
  'tcpserver'
] as const

for (const victim of VICTIMS) {
  test(`SIGKILL of ${victim} under load, then a restart: every acknowledged message arrives, none is torn`, PATIENT, async () => {
    const { home, boxes } = prepare()
    let running = await startAll(home)
    const sending = load(() => running.smtpd.port)
    await until('messages on their way', () => sending.acknowledged.size > 40)
    await until(`a ${victim} to kill`, () => killOne(running, victim))
    await delay(300) // under load for a moment more, with what is left
    await sending.finish()
    await running.suite.stop()
    await running.smtpd.daemon.stop()
    killGroup(running.suite.child)
    killGroup(running.smtpd.daemon.child)
    running = await startAll(home)
    await allArrive(running, home, boxes, sending.acknowledged)
    assert.equal(await running.suite.stop(), 0)
  })
}

/** `make crash ROUNDS=n` kills as often as that. */
const ROUNDS = Number(process.env.ROUNDS ?? 3)

test(`SIGKILL of all at once under load, ${ROUNDS} times over: every acknowledged message arrives, none is torn`, {
  timeout: 120_000 + ROUNDS * 10_000
}, async () => {
  const { home, boxes } = prepare()
  let running = await startAll(home)
  const sending = load(() => running.smtpd.port)
  for (let round = 1; round <= ROUNDS; round++) {
    const before = sending.acknowledged.size
    const more = 5 + Math.floor(Math.random() * 40)
    await until('messages on their way', () => sending.acknowledged.size > before + more)
    killGroup(running.suite.child)
    killGroup(running.smtpd.daemon.child)
    running = await startAll(home)
  }
  await sending.finish()
  await allArrive(running, home, boxes, sending.acknowledged)
})

test('SIGTERM in the middle of deliveries waits for them, and a restart loses nothing', PATIENT, async () => {
  const { home, boxes } = prepare()
  let running = await startAll(home)
  const sending = load(() => running.smtpd.port)
  await until('messages on their way', () => sending.acknowledged.size > 30)
  assert.equal(await running.suite.stop('SIGTERM'), 0)
  assert.match(running.suite.log(), /\nstatus: exiting\n/)
  await sending.finish()
  await running.smtpd.daemon.stop()
  running = await startAll(home)
  await allArrive(running, home, boxes, sending.acknowledged)
})
