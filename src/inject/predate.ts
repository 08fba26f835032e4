import { type Bytes, toBuffer } from '../core/bytes.ts'
import { reason, Temporary, Usage } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { runChild } from '../os/child.ts'
import { messageChunks } from '../os/closed.ts'
import { feedProgram, findProgram } from '../os/piped.ts'

const FD_MESSAGE = 0
const USAGE = 'predate: usage: predate child'

/** `20 Nov 2026 17:41:56 -0330`, by the time zone of the caller. date(1) knows every form of TZ that the system knows; JavaScript knows names only. Throws Temporary. */
const localDate = (env: Env): Bytes => {
  const { code, stdout, error } = runChild('/bin/date', ['+%-d %b %Y %H:%M:%S %z'], { stdio: ['ignore', 'pipe', 2], env: { ...env, LC_ALL: 'C' } })
  if (code !== 0) throw new Temporary(`unable to run date${error === undefined ? '' : `: ${reason(error)}`}`)
  return stdout.toString('latin1')
}

function* dated(env: Env, message: Iterable<Buffer>): Generator<Buffer> {
  yield toBuffer(`Date: ${localDate(env)}`)
  yield* message
}

/** Runs a program with a Date field and the message on its descriptor 0; gives back its exit code (spec injection-admin.md 4). Throws Usage, Temporary. */
export const predate = async (args: Bytes[], env: Env): Promise<number> => {
  const [command] = args
  if (command === undefined) throw new Usage(USAGE)
  if (findProgram(command, env.PATH) === undefined) throw new Temporary(`unable to run ${command}: file does not exist`)
  const { code } = await feedProgram(args, dated(env, messageChunks(FD_MESSAGE)), env)
  if (code === null) throw new Temporary('child crashed')
  return code
}
