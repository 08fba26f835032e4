import { spawn, spawnSync } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import type { Named } from './processor.ts'

export const SESSIONS = 20
export const MESSAGE_BYTES = 4096

/** What is sent in one round: so many messages of this size, through 20 sessions or with a connection for each message. */
export interface Load {
  name: string
  messages: number
  bytes: number
  perMessage: boolean
  /** By STARTTLS, which smtp-source cannot: bench/tls-source.ts sends. */
  isTls?: boolean
  /** For AWAY: it is on its way until it has come to the sink. */
  isRelayed?: boolean
}

/** $SHARE of so many messages, some for each session. */
const share = (messages: number): number => Math.max(1, Math.round((messages * Number(process.env.SHARE ?? 1)) / SESSIONS)) * SESSIONS

export const LOADS: Load[] = [
  { name: '4 kB, connection kept', messages: share(2000), bytes: MESSAGE_BYTES, perMessage: false },
  { name: '4 kB, a connection a message', messages: share(2000), bytes: MESSAGE_BYTES, perMessage: true },
  { name: '200 kB, connection kept', messages: share(400), bytes: 200_000, perMessage: false },
  { name: '5 MB, connection kept', messages: share(40), bytes: 5_000_000, perMessage: false },
  { name: '4 kB, connection kept, on to another host by SMTP', messages: share(2000), bytes: MESSAGE_BYTES, perMessage: false, isRelayed: true }
]
export const USERS = ['b0', 'b1', 'b2', 'b3']
export const DOMAIN = 'bench.example'
/** Mail for it goes on by SMTP. */
export const AWAY = 'away.example'

/** Postfix's load generator, from Debian's package postfix. */
export const SMTP_SOURCE = '/usr/sbin/smtp-source'

const PATIENCE_SECONDS = 120

/** A mail server under test: where it listens, and where its users' new messages appear. */
export interface Subject {
  name: string
  port: number
  /** The new/ folders, one a user. */
  boxes: string[]
  /** Where mail for AWAY arrives, if it takes any. */
  sink?: Sink
  /** Its processes as they are now. */
  processes: () => Named[]
}

/** Postfix's smtp-sink, to which a mail server under test sends mail for AWAY. */
export interface Sink {
  port: number
  /** Messages so far. */
  taken: () => number
  stop: () => void
}

/** Starts smtp-sink on 127.0.0.1. */
export const startSink = (port: number): Sink => {
  const child = spawn('/usr/sbin/smtp-sink', ['-4', '-c', '-u', 'nobody', `127.0.0.1:${port}`, '200'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let taken = 0
  child.stdout.on('data', (data) => {
    taken = Number(/.*mesg=(\d+)/s.exec(String(data))?.[1] ?? taken)
  })
  return { port, taken: () => taken, stop: () => void child.kill() }
}

export interface Figures {
  /** Messages a second until all were acknowledged. */
  accepted: number
  /** Messages a second until all were in a Maildir, or had come to the sink. */
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

/** Resolves when so many names have come into the boxes: counted by what the kernel tells, for looking into large folders costs more than a delivery. */
export const arrivals = (boxes: string[], messages: number): { all: Promise<void>; seen: () => number; close: () => void } => {
  let seen = 0
  let done: () => void
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  const watchers = boxes.map((box) =>
    watch(box, (event) => {
      if (event === 'rename' && ++seen === messages) done()
    })
  )
  return { all, seen: () => seen, close: () => watchers.forEach((watcher) => void watcher.close()) }
}

const LOOK_MILLISECONDS = 5

/** The same for messages that come to the sink. */
const sinkings = ({ taken }: Sink, messages: number): ReturnType<typeof arrivals> => {
  const before = taken()
  const seen = (): number => taken() - before
  let timer: NodeJS.Timeout | undefined
  const all = new Promise<void>((resolve) => {
    timer = setInterval(() => seen() >= messages && resolve(), LOOK_MILLISECONDS)
  })
  return { all, seen, close: () => clearInterval(timer) }
}

const TLS_SOURCE = join(import.meta.dirname, 'tls-source.ts')

export const sourceFor = (user: string, port: number, { messages, bytes, perMessage, isTls = false, isRelayed = false }: Load): Promise<number> => {
  const share = { sessions: SESSIONS / USERS.length, messages: messages / USERS.length }
  const to = `${user}@${isRelayed ? AWAY : DOMAIN}`
  const args = ['-4', ...(perMessage ? [] : ['-d']), '-s', `${share.sessions}`, '-m', `${share.messages}`, '-l', `${bytes}`]
  const [command, all] = isTls
    ? [process.execPath, [TLS_SOURCE, `${port}`, to, `${share.sessions}`, `${share.messages}`, `${bytes}`]]
    : [SMTP_SOURCE, [...args, '-f', `from@${DOMAIN}`, '-t', to, `127.0.0.1:${port}`]]
  const child = spawn(command, all, { stdio: ['ignore', 'ignore', 'inherit'] })
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? -1)))
}

/** What `work` gives, or an error if it takes longer. */
const within = async <T>(seconds: number, work: Promise<T>, late: () => string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const isLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(late())), seconds * 1000)
  })
  return Promise.race([work, isLate]).finally(() => clearTimeout(timer))
}

/** Sends a load and waits until every message is in a Maildir, or has come to the sink. What is there stays: removing files is charged to whoever creates some next (ext4). */
export const measure = async (subject: Subject, load: Load): Promise<Figures> => {
  const { messages } = load
  const boxes = load.isRelayed && subject.sink ? sinkings(subject.sink, messages) : arrivals(subject.boxes, messages)
  const [start, busyBefore] = [performance.now(), busy()]
  const codes = await Promise.all(USERS.map((user) => sourceFor(user, subject.port, load)))
  if (codes.some((code) => code !== 0)) throw new Error(`the load generator failed against ${subject.name}`)
  const accepted = performance.now() - start
  await within(PATIENCE_SECONDS, boxes.all, () => `${subject.name} delivered only ${boxes.seen()} of ${messages}`).finally(() => boxes.close())
  const delivered = performance.now() - start
  return { accepted: (messages * 1000) / accepted, delivered: (messages * 1000) / delivered, cpu: ((busy() - busyBefore) * 10) / messages }
}

/** The middle value. */
export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** The new/ folders of users whose Maildirs are below `folder`. */
export const boxesIn = (folder: string, maildir = 'Maildir'): string[] => USERS.map((user) => join(folder, user, maildir, 'new'))
