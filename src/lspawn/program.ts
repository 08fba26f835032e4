import type { Bytes } from '../core/bytes.ts'
import { Exit, permanentCodes } from '../core/exit.ts'
import type { Env } from '../core/run.ts'
import { type Ids, startChild } from '../os/child.ts'
import { programLine } from '../spawn/local-wire.ts'
import { type Ending, Output } from './report.ts'

/** A program line of a .qmail file, all there is to do for a delivery, as the user's own qmail-local has read it. */
export interface Command {
  line: Bytes
  /** The program's whole environment. */
  env: Env
}

/** What qmail-local is there to see to is done by the shell: what the program creates is the recipient's alone, and both its outputs are the report. */
const shellLine = (env: Env): string => `${env.PWD === undefined ? 'unset PWD; ' : ''}umask 077; exec "$0" "$@" 2>&1`

const endingOf = (code: number | null, output: Output): Ending => {
  if (code === Exit.ok || code === Exit.skipRest) {
    output.add(Buffer.from(programLine))
    return { code: Exit.ok, output: output.text }
  }
  if (code === null) output.add(Buffer.from('Aack, child crashed. (#4.3.0)\n'))
  return { code: code !== null && permanentCodes.includes(code) ? Exit.permanent : Exit.temporary, output: output.text }
}

/**
 * Runs `/bin/sh -c` as the user in their home, with the message of `fd` on 0 from its start, and says what qmail-local would (spec
 * local-delivery.md 3.8). Over when it has ended and nobody holds its output any more. Undefined if it cannot be started.
 */
export const runProgram = (ids: Ids | undefined, home: Bytes, { line, env }: Command, fd: number): Promise<Ending | undefined> =>
  new Promise((resolve) => {
    const output = new Output()
    const child = startChild('/bin/sh', ['-c', shellLine(env), '/bin/sh', '-c', line], { stdio: [fd, 'pipe', 'ignore'], env, cwd: home, ids })
    child.stdout?.on('data', (chunk: Buffer) => output.add(chunk))
    child.on('error', () => resolve(undefined))
    child.on('close', (code) => resolve(endingOf(code, output)))
  })
