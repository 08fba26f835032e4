import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { endWith } from './ending.ts'
import type { Home } from './home.ts'
import { until } from './wait.ts'

/** For `skip`: why strace(1) cannot be used here, or false. */
export const withoutStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0 ? false : 'needs strace, and leave to trace'

export interface Tracer {
  /**
   * Detaches, and waits for strace's end; what it has written. The traced process must be there: strace may miss the end of one that is killed by others.
   * Nor may it be starting programs: strace then waits for a process that is in vfork, which waits for its child, which waits for strace.
   */
  end: () => Promise<string>
  /** Ends strace, whatever becomes of the traced process. */
  kill: () => Promise<void>
  /** What it has written so far. */
  text: () => string
}

let tracers = 0

/** Attaches strace to a running process with all its threads; at work when this resolves. `options`: what is traced, and injected. */
export const attachStrace = async (home: Home, pid: number, options: string[]): Promise<Tracer> => {
  const file = home.at(`strace-${++tracers}`)
  const child = spawn('strace', ['-f', ...options, '-o', file, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (data) => {
    said += String(data)
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  endWith(home, child)
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  await until(
    () => `strace to be attached; it said: ${said}`,
    () => isOver() || said.includes('attached')
  )
  return {
    text: () => readFileSync(file, 'latin1'),
    kill: async () => {
      child.kill('SIGKILL')
      await ended
      rmSync(file)
    },
    end: async () => {
      child.kill('SIGINT')
      await ended
      const text = readFileSync(file, 'latin1')
      rmSync(file)
      return text
    }
  }
}
