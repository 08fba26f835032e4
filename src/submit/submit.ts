import { join } from 'node:path'
import { isOwn } from '../os/own.ts'
import { hasPipes } from '../os/pipe.ts'
import { doorFor } from './door.ts'
import { submitThroughDrop } from './drop.ts'
import type { Submission, Submitter } from './submission.ts'
import { submitAsQmailq, submitThroughWriter } from './writer.ts'

const throughChild = async (from: Submitter): Promise<Submission> => {
  if (hasPipes()) return (await import('./piped-child.ts')).submitThroughPipes(from)
  const { submitThroughChild } = await import('./child.ts') // few need it, and it costs its callers node:child_process
  return submitThroughChild(from)
}

/**
 * Starts handing a message to the queue, through the door that fits (docs/internals.md, Who can reach what): $QMAILQUEUE or a wrapper in bin/ is run; root becomes
 * qmailq, in a child unless this is its last deed; everybody else writes to the drop folder within this process, or to the queue where it is its own. Chunks handed
 * over must not be changed afterwards. Throws Temporary when none can be opened.
 */
export const submit = async (from: Submitter): Promise<Submission> => {
  const program = join(from.home, 'bin', 'qmail-queue')
  if (from.env.QMAILQUEUE !== undefined || !isOwn(program, 'qmail-queue')) return throughChild(from)
  const door = doorFor(from.home)
  if (door === 'become') return from.isLast ? submitAsQmailq(from.home) : throughChild(from)
  return door === 'writer' ? submitThroughWriter(from.home) : submitThroughDrop(from.home)
}
