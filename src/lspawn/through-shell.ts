import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { type Ids, startChild } from '../os/child.ts'
import { type Ended, outputOf } from './child-output.ts'

/** What a program is started with for a delivery. */
export interface Start {
  /** The message, from its start. */
  fd: number
  /** The whole environment. */
  env: Env
  cwd: Bytes
  /** Become this user; undefined: stay who we are. */
  ids: Ids | undefined
}

/**
 * Runs a program with the message on 0 and one pipe on 1 and 2, which Node cannot give to a child but a shell that is at once replaced by the program can; it must not leave
 * its PWD behind. Resolves as outputOf does.
 */
export const runThroughShell = (words: readonly Bytes[], { fd, env, cwd, ids }: Start): Promise<Ended | Error> => {
  const line = `${env.PWD === undefined ? 'unset PWD; ' : ''}exec "$0" "$@" 2>&1`
  return outputOf(startChild('/bin/sh', ['-c', line, ...words], { stdio: [fd, 'pipe', 'ignore'], env, cwd, ids }))
}
