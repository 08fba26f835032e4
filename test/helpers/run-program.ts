import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Home } from './home.ts'

export interface RunOptions {
  args?: string[]
  /** Its whole environment, besides PATH. */
  env?: Record<string, string>
  /** What it reads, by descriptor, each as a file; others get nothing. */
  fds?: Record<number, string>
  /** What it reads on descriptor 0, as a pipe (instead of fds[0]). */
  input?: string
  uid?: number
  gid?: number
  cwd?: string
}
export interface RunResult {
  exit: number | string
  stdout: string
  stderr: string
}

/** A program that takes longer hangs. */
export const RUN_SECONDS = 300

/** Runs a program of an installation to its end: bytes (latin1) in, exit code and bytes out. */
export const runProgram = (home: Home, program: string, options: RunOptions = {}): RunResult => {
  const scratch = mkdtempSync(join(tmpdir(), 'qmfd-'))
  const opened: number[] = []
  const highest = Math.max(2, ...Object.keys(options.fds ?? {}).map(Number))
  const stdio: ('pipe' | 'ignore' | number)[] = Array.from({ length: highest + 1 }, (_, n) => (n === 0 ? 'pipe' : n <= 2 ? 'pipe' : 'ignore'))
  for (const [n, text] of Object.entries(options.fds ?? {})) {
    const file = join(scratch, n)
    writeFileSync(file, Buffer.from(text, 'latin1'))
    const fd = openSync(file, 'r')
    opened.push(fd)
    stdio[Number(n)] = fd
  }
  const r = spawnSync(program.includes('/') ? program : home.at('bin', program), options.args ?? [], {
    env: { PATH: `${home.at('bin')}:/usr/local/bin:/usr/bin:/bin`, ...options.env },
    cwd: options.cwd ?? scratch,
    stdio,
    timeout: RUN_SECONDS * 1000,
    ...(options.fds?.[0] === undefined ? { input: Buffer.from(options.input ?? '', 'latin1') } : {}),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid })
  })
  for (const fd of opened) closeSync(fd)
  rmSync(scratch, { recursive: true, force: true })
  const text = (b: Buffer | null): string => b?.toString('latin1') ?? ''
  return { exit: r.signal ?? r.status ?? String(r.error), stdout: text(r.stdout), stderr: text(r.stderr) }
}
