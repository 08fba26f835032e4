import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Home } from './home.ts'
import { RUN_SECONDS, type RunResult } from './run-program.ts'

export interface StartOptions {
  args?: string[]
  /** Its whole environment, besides PATH. */
  env?: Record<string, string>
  /** What it reads on descriptor 0, as a pipe. */
  input?: string
  /** The same, as a file: its path. */
  inputFile?: string
  uid?: number
  gid?: number
}

/** Runs a program of an installation while the test goes on, playing its servers: bytes (latin1) in, exit code and bytes out. */
export const startProgram = (home: Home, program: string, { args = [], env = {}, input = '', inputFile, uid, gid }: StartOptions = {}): Promise<RunResult> =>
  new Promise((resolve) => {
    const file = inputFile === undefined ? undefined : openSync(inputFile, 'r')
    const child = spawn(home.at('bin', program), args, {
      env: { PATH: `${home.at('bin')}:/usr/local/bin:/usr/bin:/bin`, ...env },
      stdio: [file ?? 'pipe', 'pipe', 'pipe'],
      timeout: RUN_SECONDS * 1000,
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid })
    })
    if (file !== undefined) closeSync(file)
    let [stdout, stderr] = ['', '']
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('latin1')
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('latin1')
    })
    child.stdin?.on('error', () => {})
    child.on('close', (code, signal) => resolve({ exit: signal ?? code ?? '', stdout, stderr }))
    child.stdin?.end(Buffer.from(input, 'latin1'))
  })
