import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { reason, Temporary } from '../core/failure.ts'
import type { Context, Env } from '../core/run.ts'
import { isOwn } from '../os/own.ts'
import { type FrontEnd, injectMessage } from './inject.ts'

/** Runs a program an administrator has put in qmail-inject's place, feeds it the message, and gives back its exit code. Throws Temporary. */
const injectThroughProgram = async (file: Bytes, args: Bytes[], env: Env, source: Iterator<Buffer>): Promise<number> => {
  const { startChild } = await import('../os/child.ts')
  const { feed } = await import('../os/piped.ts')
  const child = startChild(file, args, { stdio: ['pipe', 1, 2], env })
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', (error) => reject(new Temporary(`unable to run ${file}: ${reason(error)}`, { cause: error })))
    child.on('exit', (code) => resolve(code ?? Exit.temporary))
  })
  // it may leave without reading all; what it made of the message is in its exit code
  child.stdin?.on('error', () => child.stdin?.destroy())
  try {
    if (child.stdin) await feed(child.stdin, source)
  } catch (error) {
    child.kill()
    throw error
  }
  return ended
}

/**
 * Hands the message of `source` to qmail-inject with this context's arguments and environment: within this process when it is the suite's own (`frontEnd`: as for
 * injectMessage), else as a process. Gives back the exit code; throws Temporary, and what the front-end throws.
 */
export const throughInject = (context: Context, source: Iterator<Buffer>, frontEnd?: FrontEnd): Promise<number> => {
  const file = join(context.home, 'bin', 'qmail-inject')
  if (isOwn(file, 'qmail-inject')) return injectMessage({ ...context, invokedAs: 'qmail-inject' }, source, frontEnd)
  return injectThroughProgram(file, context.args, context.env, source)
}
