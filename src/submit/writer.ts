import { join } from 'node:path'
import { becomeUser, suiteGroup, suiteUser } from '../os/ids.ts'
import { envelopeLimits } from '../queue/envelope.ts'
import { queueFolder } from '../queue/paths.ts'
import { whoIs } from '../queue/received.ts'
import { type Origin, Writer } from '../queue/writer.ts'
import { submitThroughFile } from './file.ts'
import { nextQp } from './qp.ts'
import type { Submission } from './submission.ts'

const originOfThis = (home: string): Origin => {
  const uid = process.getuid?.() ?? 0
  return { uid, who: whoIs(home, uid), qp: nextQp(), startMs: Date.now() }
}

/** Submits straight into the queue, within this process: for qmailq, and everybody in a one-user installation. Throws Temporary when a user is unknown. */
export const submitThroughWriter = (home: string): Submission => {
  const origin = originOfThis(home)
  return submitThroughFile(envelopeLimits(home), () => new Writer(join(queueFolder(home), '/'), origin))
}

/** The same for root, which becomes qmailq for good and stays in the queue's folder. Throws Temporary when a user is unknown or the queue cannot be entered. */
export const submitAsQmailq = (home: string): Submission => {
  const [origin, limits] = [originOfThis(home), envelopeLimits(home)]
  const qmailq = { uid: suiteUser(home, 'qmailq').uid, gid: suiteGroup(home, 'qmail') }
  process.chdir(queueFolder(home))
  becomeUser(qmailq)
  return submitThroughFile(limits, () => new Writer('', origin))
}
