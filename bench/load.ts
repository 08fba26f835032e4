import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export const MESSAGES = 2000
export const SESSIONS = 20
export const MESSAGE_BYTES = 4096
export const USERS = ['b0', 'b1', 'b2', 'b3']
export const DOMAIN = 'bench.example'

/** Postfix's load generator, from Debian's package postfix. */
export const SMTP_SOURCE = '/usr/sbin/smtp-source'

const PATIENCE_SECONDS = 120

/** A mail server under test: where it listens, and where its users' new messages appear. */
export interface Subject {
  name: string
  port: number
  /** The new/ folders, one a user. */
  boxes: string[]
}

export interface Figures {
  /** Messages a second until all were acknowledged. */
  accepted: number
  /** Messages a second until all were in a Maildir. */
  delivered: number
  /** Processor seconds of the whole machine but the load generator's, a message, in milliseconds. */
  cpu: number
}

/** Busy jiffies of the machine. */
const busy = (): number => {
  const [user, nice, system, , , irq, softirq] =
    /^cpu +(.*)$/m
      .exec(spawnSync('cat', ['/proc/stat']).stdout.toString())?.[1]
      ?.split(' ')
      .map(Number) ?? []
  return (user ?? 0) + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softirq ?? 0)
}

const count = (boxes: string[]): number => boxes.reduce((sum, box) => sum + readdirSync(box).length, 0)

const sourceFor = (user: string, port: number, perMessage: boolean): Promise<number> => {
  const share = { sessions: SESSIONS / USERS.length, messages: MESSAGES / USERS.length }
  const args = ['-4', ...(perMessage ? [] : ['-d']), '-s', `${share.sessions}`, '-m', `${share.messages}`, '-l', `${MESSAGE_BYTES}`]
  const child = spawn(SMTP_SOURCE, [...args, '-f', `from@${DOMAIN}`, '-t', `${user}@${DOMAIN}`, `127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'inherit']
  })
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? -1)))
}

/** Sends the messages through 20 sessions (or a connection for each message) and waits until every one is in a Maildir. */
export const measure = async (subject: Subject, perMessage = false): Promise<Figures> => {
  const before = count(subject.boxes)
  const [start, busyBefore] = [performance.now(), busy()]
  const codes = await Promise.all(USERS.map((user) => sourceFor(user, subject.port, perMessage)))
  if (codes.some((code) => code !== 0)) throw new Error(`smtp-source failed against ${subject.name}`)
  const accepted = performance.now() - start
  for (const end = performance.now() + PATIENCE_SECONDS * 1000; count(subject.boxes) - before < MESSAGES; await delay(5)) {
    if (performance.now() > end) throw new Error(`${subject.name} delivered only ${count(subject.boxes) - before} of ${MESSAGES}`)
  }
  const delivered = performance.now() - start
  return { accepted: (MESSAGES * 1000) / accepted, delivered: (MESSAGES * 1000) / delivered, cpu: ((busy() - busyBefore) * 10) / MESSAGES }
}

/** The middle value. */
export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** The new/ folders of users whose Maildirs are below `folder`. */
export const boxesIn = (folder: string, maildir = 'Maildir'): string[] => USERS.map((user) => join(folder, user, maildir, 'new'))
