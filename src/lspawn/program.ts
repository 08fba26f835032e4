import type { Bytes } from '../core/bytes.ts'
import { Exit, exitOfProgram } from '../core/exit.ts'
import type { Env } from '../core/run.ts'
import { type Ids, startChild } from '../os/child.ts'
import { countsLine, PROGRAM_CRASHED } from '../spawn/local-wire.ts'
import { outputOf } from './child-output.ts'
import type { Ending } from './report.ts'

/** A program line of a .qmail file, all there is to do for a delivery, as the user's own qmail-local has read it. */
export interface Command {
  line: Bytes
  /** The program's whole environment. */
  env: Env
}

/**
 * Puts descriptor 2 where 1 is, which Node cannot; a shell for that alone would cost a sixth of the delivery, or more. The shell reads the whole line before it does
 * any of it: until then 2 is another pipe, and that hears only what is wrong with the line.
 */
const TOGETHER = 'exec 2>&1; '

/**
 * Runs `/bin/sh -c` as the user in their home, with the message of `fd` on 0 from its start, and says what qmail-local would (spec
 * local-delivery.md 3.8). Undefined if it cannot be started. Whatever it creates is the recipient's alone, if our umask says so.
 */
export const runProgram = async (ids: Ids | undefined, home: Bytes, { line, env }: Command, fd: number): Promise<Ending | undefined> => {
  const ended = await outputOf(startChild('/bin/sh', ['-c', `${TOGETHER}${line}`], { stdio: [fd, 'pipe', 'pipe'], env, cwd: home, ids }))
  if (ended instanceof Error) return undefined
  const { code, output } = ended
  const exit = exitOfProgram(code)
  if (exit === Exit.ok) output.add(Buffer.from(countsLine(0, 0, 1)))
  if (code === null) output.add(Buffer.from(`${PROGRAM_CRASHED}\n`))
  return { code: exit, output: output.text }
}
