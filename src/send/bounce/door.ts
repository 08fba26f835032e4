import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { isOwn } from '../../os/own.ts'
import type { QueueResult } from '../../queue/codes.ts'
import { submitThroughSocket } from '../../submit/socket.ts'
import type { Noted, Submission } from '../../submit/submission.ts'
import { submit } from '../../submit/submit.ts'
import type { SendSettings } from '../settings.ts'

/** A connection to qmail-queued for one message; undefined when nobody answers there. */
const connected = async (path: string): Promise<Socket | undefined> => {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return socket
  } catch {
    return undefined
  }
}

/** The submission, closing its connection after the verdict. */
const thenClose = (socket: Socket): Submission => {
  const submission = submitThroughSocket(socket)
  return {
    qp: submission.qp,
    write: (chunk) => submission.write(chunk),
    finish: (sender, recipients, notes): Promise<QueueResult> => submission.finish(sender, recipients, notes).finally(() => socket.destroy()),
    abort: () => submission.abort()
  }
}

/**
 * Opens a door into the queue for a bounce (docs/internals.md, Who can reach what): in the second gear the submission socket, unless the queue program is somebody
 * else's; otherwise what everybody uses. `noted`: the notes it will have, and on what. Throws Temporary when there is none.
 */
export const openDoor = async ({ home, env, isResident }: SendSettings, noted: Noted | undefined): Promise<Submission> => {
  if (isResident && env.QMAILQUEUE === undefined && isOwn(join(home, 'bin', 'qmail-queue'), 'qmail-queue')) {
    const socket = await connected(join(home, 'run', 'send', 'socket'))
    if (socket !== undefined) return thenClose(socket)
  }
  return submit({ home, env, noted })
}
