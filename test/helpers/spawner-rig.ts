import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, writeFileSync } from 'node:fs'
import { type SuiteUser, suiteUser } from '../../src/os/ids.ts'
import { commandBytes, ReportParser } from '../../src/queue/spawnproto.ts'
import { endWith } from './ending.ts'
import { type Home, isRoot } from './home.ts'
import { until } from './wait.ts'

/** A spawner at work, and the test in the place of qmail-send. */
export interface SpawnerRig {
  child: ChildProcess
  /** Bytes for its command stream. */
  say: (text: string) => void
  /** One command. */
  command: (slot: number, recipient: string, message?: string, sender?: string) => void
  /** All that it has written so far, the limit byte in front. */
  output: () => string
  /** The reports so far, in order, without their NULs. */
  reports: () => string[]
  /** Waits until there are so many reports; all of them. */
  expect: (count: number) => Promise<string[]>
  /** Ends the commands; its exit code. */
  end: () => Promise<number | string>
}

/** Lays a message into queue/mess, as qmailq's; its name for a command. */
export const layMessage = (home: Home, name: string, text: string): string => {
  const file = home.at('queue', 'mess', name)
  writeFileSync(file, Buffer.from(text, 'latin1'))
  if (isRoot) chownSync(file, suiteUser(home.path, 'qmailq').uid, suiteUser(home.path, 'qmailq').gid)
  return name
}

/** The reports of what a spawner wrote, the limit byte in front. */
const split = (output: string): string[] =>
  new ReportParser().push(Buffer.from(output.slice(1), 'latin1')).map(({ slot, letter, text }) => `${String.fromCharCode(slot)}${letter}${text}`)

/** Starts a spawner as qmail-start would, as this user of the suite (or root), with this environment besides PATH. */
export const startSpawner = (home: Home, program: string, user: SuiteUser | 'root', env: Record<string, string> = {}, args: string[] = []): SpawnerRig => {
  const { uid, gid } = user === 'root' ? { uid: 0, gid: 0 } : suiteUser(home.path, user)
  const child = spawn(home.at('bin', program), args, {
    env: { PATH: `${home.at('bin')}:/usr/local/bin:/usr/bin:/bin`, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(isRoot ? { uid, gid } : {})
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('latin1')
  })
  child.stdin.on('error', () => {})
  const ended = new Promise<number | string>((resolve) => child.on('close', (code, signal) => resolve(signal ?? code ?? '')))
  endWith(home, child)
  const say = (text: string): void => {
    child.stdin.write(Buffer.from(text, 'latin1'))
  }
  const reports = (): string[] => split(output)
  return {
    child,
    say,
    command: (slot, recipient, message = '12/1001', sender = 's@s.example') => say(commandBytes({ slot, message, sender, recipient })),
    output: () => output,
    reports,
    expect: (count) =>
      until(
        () => `${count} reports in ${JSON.stringify(output)}`,
        () => reports().length >= count && reports()
      ),
    end: () => {
      child.stdin.end()
      return ended
    }
  }
}
