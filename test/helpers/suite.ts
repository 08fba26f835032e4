import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { suiteUser } from '../../src/os/ids.ts'
import { freePort } from './free-port.ts'
import type { Home } from './home.ts'
import { isRoot } from './home.ts'
import { processOf } from './proc.ts'

/** Waits until `check` gives something, looking every few milliseconds; fails with `what` after `seconds`. */
export const until = async <T>(what: string, check: () => T | undefined | false, seconds = 30): Promise<T> => {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const value = check()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`waited ${seconds} seconds for ${what}`)
    await delay(15)
  }
}

/** A process the tests started, which is ended with the test file if it has not ended before. */
export interface Daemon {
  child: ChildProcess
  /** Its log so far (descriptors 1 and 2). */
  log: () => string
  /** SIGTERM, then waits for its end; its exit code, or the signal's name. */
  stop: (signal?: NodeJS.Signals) => Promise<number | string>
}

/** Starts a program of the installation as a supervisor would: its own session, an environment with just PATH, the log in a file. */
export const startDaemon = (home: Home, program: string, args: string[], logName = program): Daemon => {
  const logFile = home.at(`${logName}.log`)
  const fd = openSync(logFile, 'a')
  const path = program.includes('/') ? program : home.at('bin', program)
  const child = spawn(path, args, { stdio: ['ignore', fd, fd], env: { PATH: `${home.at('bin')}:/usr/local/bin:/usr/bin:/bin` }, detached: true })
  closeSync(fd)
  const ended = new Promise<number | string>((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code ?? -1)))
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> => {
    child.kill(signal)
    return ended
  }
  after(async () => {
    if (child.exitCode === null && child.signalCode === null) await Promise.race([stop(), delay(5000, undefined, { ref: false })])
    killGroup(child)
  })
  return { child, log: () => readFileSync(logFile, 'latin1'), stop }
}

/** Kills what is left of a daemon's session. */
export const killGroup = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // all of it has ended
  }
}

/** Starts qmail-start and waits until qmail-send is at work. */
export const startSuite = async (home: Home, defaultDelivery = './Maildir/'): Promise<Daemon> => {
  const daemon = startDaemon(home, 'qmail-start', [defaultDelivery], 'send')
  const before = daemon.log().length
  await until('qmail-send to be at work', () => /status: local 0\/\d+ remote 0\/\d+\n/.test(daemon.log().slice(before)))
  await until('the submission socket', () => statSync(home.at('run', 'send', 'socket'), { throwIfNoEntry: false }))
  return daemon
}

/** Starts tcpserver with a program of the suite on a free port; the port. */
export const startServer = async (home: Home, program: string, options: string[] = [], args: string[] = []): Promise<{ port: number; daemon: Daemon }> => {
  const port = await freePort()
  const who = isRoot ? ['-u', String(suiteUser(home.path, 'qmaild').uid), '-g', String(suiteUser(home.path, 'qmaild').gid)] : []
  const all = ['-v', '-RHl0', ...who, ...options, '127.0.0.1', String(port), home.at('bin', program), ...args]
  const daemon = startDaemon(home, 'tcpserver', all, `${program}-${port}`)
  await until('tcpserver to listen', () => /tcpserver: status: 0\//.test(daemon.log()))
  return { port, daemon }
}

/** Starts tcpserver with qmail-smtpd on a free port; the port. */
export const startSmtpd = (home: Home, options: string[] = []): Promise<{ port: number; daemon: Daemon }> => startServer(home, 'qmail-smtpd', options)

/** Starts qmail-queued, or a program that becomes it, and waits until it is at work: both sockets bound, qmailq for good. */
export const startQueued = async (home: Home, program = 'qmail-queued', args: string[] = [], logName = 'queued'): Promise<Daemon> => {
  const socket = home.at('run', 'send', 'socket')
  rmSync(socket, { force: true })
  const daemon = startDaemon(home, program, args, logName)
  await until('the submission sockets', () => statSync(socket, { throwIfNoEntry: false }))
  await until('qmail-queued to be qmailq', () => processOf(daemon.child.pid ?? 0)?.uids[0] === suiteUser(home.path, 'qmailq').uid)
  return daemon
}

/** The messages of a Maildir's new/, as text. */
export const maildir = (folder: string): string[] => {
  const path = join(folder, 'new')
  return statSync(path, { throwIfNoEntry: false }) ? readdirSync(path).map((name) => readFileSync(join(path, name), 'latin1')) : []
}

/** Makes a Maildir. */
export const makeMaildir = (folder: string): void => {
  for (const part of ['tmp', 'new', 'cur']) mkdirSync(join(folder, part), { recursive: true })
}
