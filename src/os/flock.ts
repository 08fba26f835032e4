import { runChild } from './child.ts'

/** `failed`: this file or this machine does not do flock. */
export type FlockResult = 'locked' | 'busy' | 'failed'

/**
 * Takes an exclusive flock on an open file. Node has no flock, but the lock belongs to the open file, not to the process: the
 * flock program (util-linux) takes it on the descriptor it is handed, and it stays ours until the descriptor is closed.
 * Waits at most `waitSeconds`; 0 does not wait.
 */
export const flock = (fd: number, waitSeconds: number): FlockResult => {
  const wait = waitSeconds === 0 ? ['-n'] : ['-w', String(waitSeconds)]
  const r = runChild('flock', ['-x', '-E', '9', ...wait, '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    env: { PATH: '/usr/bin:/bin:/usr/local/bin' }
  })
  if (r.code === 0) return 'locked'
  return r.code === 9 ? 'busy' : 'failed'
}
