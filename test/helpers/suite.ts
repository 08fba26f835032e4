import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { suiteUser } from '../../src/os/ids.ts'
import { endWith } from './ending.ts'
import type { Home } from './home.ts'
import { isRoot } from './home.ts'
import { processOf } from './proc.ts'
import { until } from './wait.ts'

export { until }

/** A daemon that does not end by SIGTERM within this time is killed when its test is over. */
const STOP_SECONDS = 20

/** A process the tests started, which is ended with the test file if it has not ended before. */
export interface Daemon {
  child: ChildProcess
  /** Its log so far (descriptors 1 and 2). */
  log: () => string
  /** SIGTERM, then waits for its end; its exit code, or the signal's name. */
  stop: (signal?: NodeJS.Signals) => Promise<number | string>
}

/** Starts a program of the installation as a supervisor would: its own session, an environment with just PATH, the log in a file. */
export const startDaemon = (home: Home, program: string, args: string[], logName = program, env: Record<string, string> = {}): Daemon => {
  const logFile = home.at(`${logName}.log`)
  const fd = openSync(logFile, 'a')
  const path = program.includes('/') ? program : home.at('bin', program)
  const child = spawn(path, args, { stdio: ['ignore', fd, fd], env: { PATH: `${home.at('bin')}:/usr/local/bin:/usr/bin:/bin`, ...env }, detached: true })
  closeSync(fd)
  const ended = new Promise<number | string>((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code ?? -1)))
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> => {
    child.kill(signal)
    return ended
  }
  endWith(home, child, async () => {
    if (child.exitCode === null && child.signalCode === null) await Promise.race([stop(), delay(STOP_SECONDS * 1000, undefined, { ref: false })])
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

/** As `until`, for something of a daemon: fails at once, with its log, when the daemon has ended. */
const untilOf = <T>(daemon: Daemon, what: string, check: () => T | undefined | false): Promise<T> =>
  until(
    () => `${what}; log:\n${daemon.log()}`,
    () => {
      const value = check()
      if ((value === undefined || value === false) && daemon.child.exitCode !== null) {
        throw new Error(`it ended with ${daemon.child.exitCode}, before ${what}; log:\n${daemon.log()}`)
      }
      return value
    }
  )

/** What a file holds from this byte on. */
const textFrom = (file: string, start: number): string => {
  const fd = openSync(file, 'r')
  try {
    const rest = Buffer.alloc(Math.max(0, fstatSync(fd).size - start))
    return rest.toString('latin1', 0, readSync(fd, rest, 0, rest.length, start))
  } finally {
    closeSync(fd)
  }
}

/** Starts qmail-start and waits until qmail-send is at work. */
export const startSuite = async (home: Home, defaultDelivery = './Maildir/'): Promise<Daemon> => {
  const before = statSync(home.at('send.log'), { throwIfNoEntry: false })?.size ?? 0
  const daemon = startDaemon(home, 'qmail-start', [defaultDelivery], 'send')
  const said = (): string => textFrom(home.at('send.log'), before)
  await untilOf(daemon, 'qmail-send to be at work', () => /status: local 0\/\d+ remote 0\/\d+\n/.test(said()))
  await untilOf(daemon, 'the submission socket', () => statSync(home.at('run', 'send', 'socket'), { throwIfNoEntry: false }))
  return daemon
}

let servers = 0

/** Starts tcpserver (with -1 and port 0, so that it finds a free port and says which) and waits until it listens. `start` gets a name for its log. */
export const startListening = async (start: (logName: string) => Daemon): Promise<{ port: number; daemon: Daemon }> => {
  const daemon = start(`tcpserver-${++servers}`)
  const port = await untilOf(daemon, 'the port', () => /^(\d+)\n/m.exec(daemon.log())?.[1])
  return { port: Number(port), daemon }
}

/** Starts tcpserver with a program of the suite on a free port of 127.0.0.1; the port. */
export const startServer = async (
  home: Home,
  program: string,
  options: string[] = [],
  args: string[] = [],
  env: Record<string, string> = {}
): Promise<{ port: number; daemon: Daemon }> => {
  const who = isRoot ? ['-u', String(suiteUser(home.path, 'qmaild').uid), '-g', String(suiteUser(home.path, 'qmaild').gid)] : []
  const all = ['-1v', '-RHl0', ...who, ...options, '127.0.0.1', '0', home.at('bin', program), ...args]
  const server = await startListening((logName) => startDaemon(home, 'tcpserver', all, logName, env))
  await untilOf(server.daemon, 'tcpserver to listen', () => /tcpserver: status: 0\//.test(server.daemon.log()))
  return server
}

/** Starts tcpserver with qmail-smtpd on a free port; the port. */
export const startSmtpd = (home: Home, options: string[] = [], env: Record<string, string> = {}): Promise<{ port: number; daemon: Daemon }> =>
  startServer(home, 'qmail-smtpd', options, [], env)

/** Starts qmail-queued, or a program that becomes it, and waits until it is at work: both sockets bound, qmailq for good, all that it keeps open there. */
export const startQueued = async (home: Home, program = 'qmail-queued', args: string[] = [], logName = 'queued'): Promise<Daemon> => {
  const socket = home.at('run', 'send', 'socket')
  rmSync(socket, { force: true })
  const daemon = startDaemon(home, program, args, logName)
  await untilOf(daemon, 'the submission sockets', () => statSync(socket, { throwIfNoEntry: false }))
  const self = () => processOf(daemon.child.pid ?? 0)
  await untilOf(daemon, 'qmail-queued to be qmailq', () => self()?.uids[0] === suiteUser(home.path, 'qmailq').uid)
  await untilOf(daemon, 'the trigger of drop/ to be heard', () => [...(self()?.fds.values() ?? [])].includes(home.at('drop', 'trigger')))
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
