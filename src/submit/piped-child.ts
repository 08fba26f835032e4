import { closeSync } from 'node:fs'
import { readAll, writeFd } from '../core/fdio.ts'
import { makePipes, type Pipe } from '../os/pipe.ts'
import { QueueExit, type QueueResult } from '../queue/codes.ts'
import { exitOf, MAX_TEXT_BYTES, startQueueProgram } from './queue-process.ts'
import { envelopeBytes, type Submission, type Submitter } from './submission.ts'

/**
 * Submits through a queue program run for this message, as submitThroughChild, but for a process that has nothing else to do meanwhile: as qmail's own programs it stands still until the message is
 * taken, and hears of errors after that. Throws Temporary.
 */
export const submitThroughPipes = async (from: Submitter): Promise<Submission> => {
  const [message, envelope, errors] = (await makePipes(3)) as [Pipe, Pipe, Pipe]
  const child = await startQueueProgram(from, message.read, envelope.read, errors.write)
  const exited = child && exitOf(child)
  let weFailed = false
  const hand = (fd: number, data: Buffer): void => {
    if (weFailed) return
    try {
      writeFd(fd, data)
    } catch {
      weFailed = true // it has gone; its exit code tells the rest
    }
  }
  const settle = async (): Promise<QueueResult> => {
    const text = readAll(errors.read).toString('latin1', 0, MAX_TEXT_BYTES)
    closeSync(errors.read)
    return { code: (await exited) ?? (child ? null : QueueExit.cannotRun), text, qp: child?.pid ?? 0, weFailed }
  }
  return {
    qp: child?.pid,
    write: (chunk) => {
      hand(message.write, chunk)
      return undefined
    },
    finish: (sender, recipients) => {
      closeSync(message.write)
      hand(envelope.write, envelopeBytes(sender, recipients))
      closeSync(envelope.write)
      return settle()
    },
    abort: async () => {
      closeSync(message.write)
      closeSync(envelope.write)
      await settle()
    }
  }
}
