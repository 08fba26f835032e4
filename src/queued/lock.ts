import { openSync } from 'node:fs'
import { Temporary } from '../core/failure.ts'
import { flockLater } from '../locks/flock.ts'

/** The one before us may still be finishing its messages. */
const PATIENCE_SECONDS = 10

/**
 * Makes sure that this is the only qmail-queued of the queue, for as long as the process lives: two would queue each file of the drop
 * folder twice. The lock is on the folder queue/pid, which nobody but root and qmailq can open. Where flock is not to be had, there is
 * no such guard. Rejects with Temporary.
 */
export const beTheOnlyOne = async (): Promise<void> => {
  if ((await flockLater(openSync('queue/pid', 'r'), PATIENCE_SECONDS)) === 'busy') throw new Temporary('another qmail-queued is running')
}
