import type { ChildOptions } from '../os/child.ts'
import { runChild, startChild } from '../os/child.ts'

/** `failed`: this file or this machine does not do flock. */
export type FlockResult = 'locked' | 'busy' | 'failed'

/** flock's exit code when the lock is someone else's; no other failure has it. */
const BUSY = 9

const call = (fd: number, waitSeconds: number): { args: string[]; options: ChildOptions } => ({
  args: ['-x', '-E', String(BUSY), ...(waitSeconds === 0 ? ['-n'] : ['-w', String(waitSeconds)]), '3'],
  options: { stdio: ['ignore', 'ignore', 'ignore', fd], env: { PATH: '/usr/bin:/bin:/usr/local/bin' } }
})

const resultOf = (code: number | null): FlockResult => {
  if (code === 0) return 'locked'
  return code === BUSY ? 'busy' : 'failed'
}

/**
 * Takes an exclusive flock on an open file. Node has no flock, but the lock belongs to the open file, not to the process: the
 * flock program (util-linux) takes it on the descriptor it is handed, and it stays ours until the descriptor is closed.
 * Waits at most `waitSeconds`; 0 does not wait.
 */
export const flock = (fd: number, waitSeconds: number): FlockResult => {
  const { args, options } = call(fd, waitSeconds)
  return resultOf(runChild('flock', args, options).code)
}

/** The same, without stopping the event loop. */
export const flockLater = (fd: number, waitSeconds: number): Promise<FlockResult> =>
  new Promise((resolve) => {
    const { args, options } = call(fd, waitSeconds)
    const child = startChild('flock', args, options)
    child.on('error', () => resolve('failed'))
    child.on('exit', (code) => resolve(resultOf(code)))
  })
