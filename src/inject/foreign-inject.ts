import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { reason, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { startChild } from '../os/child.ts'
import { feed } from '../os/piped.ts'

/** Runs a program an administrator has put in qmail-inject's place, feeds it the message, and gives back its exit code. Throws Temporary. */
export const injectThroughProgram = async (file: Bytes, args: Bytes[], env: Env, source: Iterator<Buffer>): Promise<number> => {
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
