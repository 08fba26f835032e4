import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { errorCode, reason, Temporary } from '../core/failure.ts'
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

/** What fork says where no process is to be had; all else is about the program. */
const NO_PROCESS = ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE']

const started = async (child: ChildProcess): Promise<ChildProcess | undefined> => {
  if (child.pid !== undefined) return child
  const [error] = await once(child, 'error').catch((thrown) => [thrown])
  if (NO_PROCESS.includes(errorCode(error) ?? '')) throw error
  return undefined
}

/**
 * Starts the queue program with these three at its descriptors 0, 1 and 6, which are closed here; resolves with undefined when it cannot be run, or has no name. Throws Temporary when no
 * process can be had: as in qmail that is no matter of the program's.
 */
export const startQueueProgram = async ({ home, env }: Submitter, message: number, envelope: number, errors: number): Promise<ChildProcess | undefined> => {
  const program = env.QMAILQUEUE ?? 'bin/qmail-queue'
  const path = program === '' || program.includes('/') ? program : `./${program}`
  try {
    if (path === '') return undefined
    return await started(startChild(path, [], { stdio: [message, envelope, 2, 'ignore', 'ignore', 'ignore', errors], env, cwd: home, argv0: program }))
  } catch (error) {
    throw new Temporary(`unable to start the queue program: ${reason(error)}`, { cause: error })
  } finally {
    for (const fd of [message, envelope, errors]) closeSync(fd)
  }
}
