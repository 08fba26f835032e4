import type { ChildProcess } from 'node:child_process'
import { startChild } from '../os/child.ts'
import { QueueExit } from '../queue/codes.ts'
import type { Submitter } from './submission.ts'

/** As much of what the queue program says on descriptor 6 is kept. */
export const MAX_TEXT_BYTES = 255

/** Its exit code; null when a signal ended it. */
export const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    child.on('error', () => resolve(QueueExit.cannotRun))
    child.on('exit', (code) => resolve(code))
  })

/** Starts the queue program with these three at its descriptors 0, 1 and 6; undefined when it has no name. */
export const startQueueProgram = ({ home, env }: Submitter, message: number, envelope: number, errors: number): ChildProcess | undefined => {
  const program = env.QMAILQUEUE ?? 'bin/qmail-queue'
  const path = program === '' || program.includes('/') ? program : `./${program}`
  return path === '' ? undefined : startChild(path, [], { stdio: [message, envelope, 2, 'ignore', 'ignore', 'ignore', errors], env, cwd: home, argv0: program })
}
