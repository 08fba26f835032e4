import assert from 'node:assert/strict'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { suiteUser } from '../../src/os/ids.ts'
import { type Home, isRoot, makeHome } from './home.ts'
import { isQueueEmpty } from './queue-files.ts'
import { smtpSend } from './smtp.ts'
import { type Daemon, killGroup, maildir, makeMaildir, startSmtpd, startSuite, until } from './suite.ts'
import { makeUsers } from './users.ts'

const SESSIONS = 6
/** u0 and u1 are users of users/cdb; u2 is the alias user's, found by qmail-getpw. */
const BOXES = 3

/** The message of this number: its last line proves that it is whole. Most have 4 kB, some 100 kB, a few too much for the commit log; some are for two. */
const messageOf = (n: number): { boxes: number[]; body: string } => {
  const lines = n % 61 === 60 ? 20_000 : n % 8 === 7 ? 1_600 : 66
  const box = n % BOXES
  return { boxes: n % 10 === 9 ? [box, (box + 1) % BOXES] : [box], body: `${`${'x'.repeat(60)}\n`.repeat(lines)}end ${n}\n` }
}

/** An installation with a Maildir for each recipient of the load. */
export const makeBoxes = (): { home: Home; boxes: string[] } => {
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

/** The suite and its SMTP server, as started last. */
export interface Running {
  suite: Daemon
  smtpd: { port: number; daemon: Daemon }
}

const startServer = (home: Home): Promise<Running['smtpd']> => startSmtpd(home, ['-w', '2'])

/** Starts the suite and tcpserver with two workers. */
export const startAll = async (home: Home): Promise<Running> => ({ suite: await startSuite(home), smtpd: await startServer(home) })

/** Kills whatever is left of the suite, and starts it again. */
export const restartSuite = async (home: Home, running: Running): Promise<void> => {
  killGroup(running.suite.child)
  running.suite = await startSuite(home)
}

/** Kills whatever is left of the SMTP server, and starts it again, on another port. */
export const restartServer = async (home: Home, running: Running): Promise<void> => {
  killGroup(running.smtpd.daemon.child)
  running.smtpd = await startServer(home)
}

/** The number of the next message: none is used twice, whatever installation it goes to. */
let next = 0

/** Keeps sending until told to stop; the numbers of the messages that were acknowledged. */
export const load = (running: Running): { acknowledged: Set<number>; finish: () => Promise<void> } => {
  const acknowledged = new Set<number>()
  let isOver = false
  const session = async (): Promise<void> => {
    while (!isOver) {
      const n = next++
      const { boxes, body } = messageOf(n)
      const to = boxes.map((box) => `u${box}@local.example`)
      try {
        await smtpSend(running.smtpd.port, 'sender@away.example', to, `Subject: message ${n}\n\n${body}`)
        acknowledged.add(n)
      } catch {
        await delay(100) // not acknowledged: nobody promised anything; the suite may be starting, and needs the processor more
      }
    }
  }
  const sessions = Array.from({ length: SESSIONS }, session)
  after(() => {
    isOver = true
  })
  return {
    acknowledged,
    finish: async (): Promise<void> => {
      isOver = true
      await Promise.all(sessions)
    }
  }
}

/** Asserts that every acknowledged message comes to each of its recipients' Maildirs, and that all that is there is whole; duplicates are allowed. */
export const allArrive = async ({ suite }: Running, home: Home, boxes: string[], acknowledged: Set<number>): Promise<void> => {
  // mess/ may hold what a killed qmail-queued left half-written, never acknowledged: it goes after 36 hours
  const isEmpty = (): boolean => {
    suite.child.kill('SIGALRM') // a delivery that met the crash was deferred
    return isQueueEmpty(home)
  }
  await until('an empty queue', isEmpty)
  const arrived = boxes.map((box) => new Map(maildir(box).map((text) => [Number(/^Subject: message (\d+)$/m.exec(text)?.[1] ?? -1), text] as const)))
  const isLost = (n: number): boolean => messageOf(n).boxes.some((box) => !arrived[box]?.has(n))
  assert.deepEqual([...acknowledged].filter(isLost), [], 'acknowledged, but lost')
  for (const box of arrived) for (const [n, text] of box) assert.ok(text.endsWith(`\n\n${messageOf(n).body}`), `message ${n} is torn`)
}
