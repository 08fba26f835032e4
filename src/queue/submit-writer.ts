import { join } from 'node:path'
import { queueFolder } from './paths.ts'
import { whoIs } from './received.ts'
import type { Submission } from './submission.ts'
import { submitThroughFile } from './submit-file.ts'
import { Writer } from './writer.ts'

/** Submits straight into the queue, within this process: for qmailq, and everybody in a one-user installation. Throws Temporary when a user is unknown. */
export const submitThroughWriter = (home: string): Submission => {
  const uid = process.getuid?.() ?? 0
  const origin = { uid, who: whoIs(home, uid), qp: process.pid, startMs: Date.now() }
  return submitThroughFile(() => new Writer(join(queueFolder(home), '/'), origin))
}
