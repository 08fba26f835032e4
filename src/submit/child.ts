import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { makePipes, type Pipe } from '../os/pipe.ts'
import { QueueExit, type QueueResult } from '../queue/codes.ts'
import { exitOf, MAX_TEXT_BYTES, startQueueProgram } from './queue-process.ts'
import { envelopeBytes, type Submission, type Submitter } from './submission.ts'

const send = (to: Writable, data: Buffer): Promise<boolean> =>
  new Promise((resolve) => {
    if (to.destroyed) resolve(false)
    else to.write(data, (error) => resolve(!error))
  })

const close = (stream: Writable): Promise<void> => new Promise((resolve) => stream.end(() => resolve()).once('error', () => resolve()))

const writable = (fd: number): Writable => new Socket({ fd, readable: false, writable: true })

/** Submits through a queue program run for this message: $QMAILQUEUE, else bin/qmail-queue (spec queue.md 2.2). Throws Temporary when there is no process to be had. */
export const submitThroughChild = async (from: Submitter): Promise<Submission> => {
  const [toMessage, toEnvelope, fromErrors] = (await makePipes(3)) as [Pipe, Pipe, Pipe]
  const ours = [toMessage.write, toEnvelope.write, fromErrors.read]
  const child = await startQueueProgram(from, toMessage.read, toEnvelope.read, fromErrors.write).catch((error) => {
    for (const fd of ours) closeSync(fd)
    throw error
  })
  if (child === undefined) {
    for (const fd of ours) closeSync(fd)
    return cannotRun()
  }
  const exited = exitOf(child)
  const [message, envelope, errors] = [
    writable(toMessage.write),
    writable(toEnvelope.write),
    new Socket({ fd: fromErrors.read, readable: true, writable: false })
  ]
  let weFailed = false
  let text = ''
  for (const stream of [message, envelope, errors]) stream.on('error', () => {}) // a write that fails says so itself; its exit code tells the rest
  errors.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('latin1')).slice(0, MAX_TEXT_BYTES)
  })
  const errorsEnd = once(errors, 'close').catch(() => {})
  const hand = async (to: Writable, data: Buffer): Promise<void> => {
    if (!weFailed && !(await send(to, data))) weFailed = true
  }
  const settle = async (): Promise<QueueResult> => {
    await errorsEnd
    return { code: await exited, text, qp: child.pid ?? 0, weFailed }
  }
  return {
    qp: child.pid,
    write: (chunk) => hand(message, chunk),
    finish: async (sender, recipients) => {
      if (!weFailed) await close(message)
      if (!weFailed) await hand(envelope, envelopeBytes(sender, recipients))
      message.destroy()
      envelope.end()
      return settle()
    },
    abort: async () => {
      message.destroy()
      envelope.destroy()
      await settle()
    }
  }
}

const cannotRun = (): Submission => ({
  qp: undefined,
  write: () => undefined,
  finish: async () => ({ code: QueueExit.cannotRun, text: '', qp: 0, weFailed: false }),
  abort: async () => {}
})
