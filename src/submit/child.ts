import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { Duplex, type Writable } from 'node:stream'
import { Temporary } from '../core/failure.ts'
import { readAll, writeFd } from '../core/fdio.ts'
import { startChild } from '../os/child.ts'
import { hasPipes, makePipes, type Pipe } from '../os/pipe.ts'
import type { QueueResult } from '../queue/codes.ts'
import { QueueExit } from '../queue/codes.ts'
import { envelopeBytes, type Submission, type Submitter } from './submission.ts'

const MAX_TEXT_BYTES = 255

const send = (to: Writable, data: Buffer): Promise<boolean> =>
  new Promise((resolve) => {
    if (to.destroyed) resolve(false)
    else to.write(data, (error) => resolve(!error))
  })

/** Its exit code; null when a signal ended it. */
const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    child.on('error', () => resolve(QueueExit.cannotRun))
    child.on('exit', (code) => resolve(code))
  })

const close = (stream: Writable): Promise<void> => new Promise((resolve) => stream.end(() => resolve()).once('error', () => resolve()))

/** Starts the queue program with these three at its descriptors 0, 1 and 6; undefined when it has no name. */
const start = ({ home, env }: Submitter, message: 'pipe' | number, envelope: 'pipe' | number, errors: 'pipe' | number): ChildProcess | undefined => {
  const program = env.QMAILQUEUE ?? 'bin/qmail-queue'
  const path = program === '' || program.includes('/') ? program : `./${program}`
  return path === '' ? undefined : startChild(path, [], { stdio: [message, envelope, 2, 'ignore', 'ignore', 'ignore', errors], env, cwd: home, argv0: program })
}

/**
 * Through pipes, for a process that has nothing else to do meanwhile: as qmail's own programs it stands still until the message is
 * taken, and hears of errors after that.
 */
const throughPipes = (from: Submitter): Submission => {
  const [message, envelope, errors] = makePipes(3) as [Pipe, Pipe, Pipe]
  const child = start(from, message.read, envelope.read, errors.write)
  for (const theirs of [message.read, envelope.read, errors.write]) closeSync(theirs)
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

/** Submits through a queue program run for this message: $QMAILQUEUE, else bin/qmail-queue (spec queue.md 2.2). Throws Temporary when there is no process to be had. */
export const submitThroughChild = (from: Submitter): Submission => {
  if (hasPipes()) return throughPipes(from)
  const child = start(from, 'pipe', 'pipe', 'pipe')
  if (child === undefined) return cannotRun()
  const exited = exitOf(child)
  const [message, envelope, , , , , errors]: readonly unknown[] = child.stdio
  if (!(message instanceof Duplex && envelope instanceof Duplex && errors instanceof Duplex)) {
    if (child.pid === undefined) return cannotRun()
    throw new Temporary('unable to start the queue program')
  }
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
