import type { ChildProcess, StdioOptions } from 'node:child_process'
import { realpathSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { readSetting } from '../control/read.ts'
import { Temporary } from '../core/failure.ts'
import type { Context, Env } from '../core/run.ts'
import { type ChildOptions, type Ids, startChild } from '../os/child.ts'
import { closeInherited } from '../os/close.ts'
import { isRoot, suiteGroup, suiteUser } from '../os/ids.ts'
import { isOwn } from '../os/own.ts'
import { programFile, startOwn } from '../spawn/own-program.ts'
import type { ProgramName } from '../suite/programs.ts'
import { fileInPath } from './path.ts'

/** The daemons by name; the logger is there if one was asked for. */
export type Daemons = Map<string, ChildProcess>

/** Where the log goes: our descriptor 1, or the logger's end of a pipe. */
type Log = number | Writable

/** Users the daemons run as; undefined leaves everything to the one who started us (a one-user installation). */
const idsOf = (home: string, user: 'qmaill' | 'qmailq' | 'qmailr' | 'qmails' | 'root', group: 'qmail' | 'nofiles'): Ids | undefined => {
  const ids = { uid: user === 'root' ? 0 : suiteUser(home, user).uid, gid: suiteGroup(home, group) }
  return isRoot() ? ids : undefined
}

/** The file that PATH has for a daemon, if it is the suite's own. */
const ownFile = (env: Env, name: string): string | undefined => {
  const file = fileInPath(name, env.PATH ?? '')
  return file !== undefined && isOwn(file, name) ? file : undefined
}

const isOurs = (env: Env, name: string): boolean => ownFile(env, name) !== undefined

/** Node's types do not know: out of descriptors, a child has none of its ends. Throws Temporary then. */
const assertStarted = (name: string, child: ChildProcess): ChildProcess => {
  if ((child.stdio as unknown) === undefined) throw new Temporary(`unable to start ${name}: too few descriptors (ulimit -n)`)
  return child
}

const starter =
  ({ home, env }: Pick<Context, 'home' | 'env'>, daemons: Daemons) =>
  (name: ProgramName, args: string[], stdio: StdioOptions, ids: Ids | undefined, resident = false, more: Env = {}): ChildProcess => {
    const own = ownFile(env, name)
    const options: ChildOptions = { stdio, env: { ...env, ...more }, cwd: '/', ids, resident, stays: !resident && own !== undefined }
    const isBesideUs = own !== undefined && realpathSync(own) === programFile(home, name)
    const child = assertStarted(name, isBesideUs ? startOwn(home, name, options, args) : startChild(name, args, options))
    daemons.set(name, child)
    return child
  }

const startLogger = ({ env }: Pick<Context, 'env'>, daemons: Daemons, [name, ...args]: string[], ids: Ids | undefined): Writable | null => {
  if (name === undefined) return null
  const child = assertStarted(name, startChild(name, args, { stdio: ['pipe', 1, 2], env, cwd: '/', ids, stays: isOurs(env, name) }))
  daemons.set(name, child)
  return child.stdin
}

/** Ends that a sibling now has and we must not keep: end of file is what stops the daemons. */
const letGo = (...streams: (Readable | Writable | null)[]): void => {
  for (const stream of streams) stream?.destroy()
}

/** How many descriptors of a child node makes blocking: 0, 1 and 2. */
const BLOCKING_FDS = 3

/**
 * Our ends of pipes are non-blocking; a qmail-send in C that is given them as descriptors 3 to 6 takes EAGAIN for the end of its spawners.
 * Being blocking belongs to the open file, which all share who have it; node makes it so for what a child gets as 0, 1 or 2, and so a
 * child that does nothing makes it so for all. It has done that when startChild returns.
 */
const makeBlocking = (ends: (Readable | Writable | null)[], ids: Ids | undefined): void => {
  for (let at = 0; at < ends.length; at += BLOCKING_FDS) {
    const child = startChild('/bin/true', [], { stdio: ends.slice(at, at + BLOCKING_FDS), env: {}, cwd: '/', ids })
    child.on('error', () => {}) // even one that could not become /bin/true has done its part
    child.unref()
  }
}

/** Whoever reads or keeps the commit log: with one that is not the suite's own in its place, every message is in files. */
const LOG_NEEDS = ['qmail-queued', 'qmail-lspawn', 'qmail-rspawn']

/** What we were started with from here on is nobody's. */
const FIRST_UNKNOWN_FD = 3

/**
 * Starts the logger, qmail-lspawn, qmail-rspawn, qmail-clean, qmail-queued and qmail-send with their descriptors wired to each other
 * (spec queue.md 3). All within one turn of the event loop: the pipes' ends that pass through us must not be read here.
 * qmail-send and qmail-queued, in their second gear, also hold a pipe whose other end only we have: its end tells them we are gone.
 */
export const startDaemons = (context: Pick<Context, 'home' | 'env'>, defaultDelivery: string, logger: string[]): Daemons => {
  const { home, env } = context
  closeInherited(FIRST_UNKNOWN_FD)
  const daemons: Daemons = new Map()
  const start = starter(context, daemons)
  const ids = {
    qmaill: idsOf(home, 'qmaill', 'nofiles'),
    qmailq: idsOf(home, 'qmailq', 'qmail'),
    qmailr: idsOf(home, 'qmailr', 'qmail'),
    qmails: idsOf(home, 'qmails', 'qmail'),
    root: idsOf(home, 'root', 'qmail')
  }
  const loggerInput = startLogger(context, daemons, logger, ids.qmaill)
  const log: Log = loggerInput ?? 1
  const resident = isOurs(env, 'qmail-send') && !readSetting(home, 'firstgear')?.includes('qmail-send')
  const wide: Env = resident ? { QMAIL_WIDE: '1' } : {}
  const ours = new Set(LOG_NEEDS.filter((name) => isOurs(env, name)))
  const lspawn = start('qmail-lspawn', [defaultDelivery], ['pipe', 'pipe', log], ids.root, false, ours.has('qmail-lspawn') ? wide : {})
  const rspawn = start('qmail-rspawn', [], ['pipe', 'pipe', log], ids.qmailr, false, ours.has('qmail-rspawn') ? wide : {})
  const clean = start('qmail-clean', [], ['pipe', 'pipe', log], ids.qmailq)
  start('qmail-queued', [], ['pipe', log, log], ids.root, true)
  const ends = [lspawn, rspawn, clean].flatMap(({ stdin, stdout }) => [stdin, stdout])
  const takesLog = resident && ours.size === LOG_NEEDS.length
  if (!resident) makeBlocking([rspawn.stdin, rspawn.stdout, clean.stdin, clean.stdout], ids.qmails)
  start('qmail-send', [], [log, ...ends, ...(resident ? (['pipe'] as const) : [])], ids.qmails, resident, { ...(takesLog ? { QMAIL_LOG: '1' } : {}), ...wide })
  letGo(loggerInput, ...ends)
  return daemons
}

/** Where qmail-send, in its second gear, has the pipe we hold the other end of. */
const PARENT_FD = 7

/** Resolves when qmail-send catches signals, which would end it before: in its second gear it says a byte then. A first gear is somebody else's affair: at once. */
export const whenListening = (daemons: Daemons): Promise<void> => {
  const pipe = daemons.get('qmail-send')?.stdio.at(PARENT_FD)
  return pipe ? new Promise((resolve) => pipe.once('data', () => resolve())) : Promise.resolve()
}
