import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { startChild } from '../os/child.ts'

/** What a program an administrator hooked in came to: its exit code, or why there is none. */
export interface PluginResult {
  exit: number | undefined
  trouble: string
  /** What it wrote to the descriptor it speaks on. */
  text: Bytes
}

const MAX_TEXT_BYTES = 65_536
const STDOUT = 1

export interface PluginRun {
  /** A path, or `:` and a command for the shell. */
  program: Bytes
  env: Env
  home: string
  /** The descriptor it speaks on: 1, or 4. */
  speaksOn: 1 | 4
  /** After so long it is killed. */
  seconds: number
}

/** Runs it, with descriptor 0 closed, to its end. Never fails. */
export const runPlugin = ({ program, env, home, speaksOn, seconds }: PluginRun): Promise<PluginResult> =>
  new Promise((resolve) => {
    const isCommand = program.startsWith(':')
    const stdio = speaksOn === STDOUT ? (['ignore', 'pipe', 2] as const) : (['ignore', 'ignore', 2, 'ignore', 'pipe'] as const)
    const child = startChild(isCommand ? '/bin/sh' : program, isCommand ? ['-c', program.slice(1)] : [], { stdio: [...stdio], env, cwd: home })
    let text = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
    const done = (exit: number | undefined, trouble: string): void => {
      clearTimeout(timer)
      resolve({ exit, trouble, text })
    }
    child.stdio[speaksOn]?.on('data', (chunk: Buffer) => {
      if (text.length < MAX_TEXT_BYTES) text += chunk.toString('latin1')
    })
    child.on('error', () => done(undefined, 'unable to run it'))
    child.on('close', (code, signal) => done(code ?? undefined, signal === null ? '' : `killed by ${signal}`))
  })
