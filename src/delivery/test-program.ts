import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { isTemporary, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { runChild } from '../os/child.ts'

/**
 * Runs a program that answers a question, on our own descriptors. True: it exited 0; false: it exited otherwise, or there is no such
 * program (spec local-delivery.md 5). Temporary when it exited 111, was killed, or cannot be started just now.
 */
export const saysYes = ([program = '', ...args]: readonly Bytes[], env: Env): boolean => {
  const { code, error } = runChild(program, args, { stdio: [0, 1, 2], env })
  if (error !== undefined) {
    if (isTemporary(error)) throw new Temporary('')
    return false
  }
  if (code === null) throw new Temporary('child crashed')
  if (code === Exit.temporary) throw new Temporary('')
  return code === Exit.ok
}
