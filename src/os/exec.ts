import type { Bytes } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { prepare } from './child.ts'

/** Becomes another program, which keeps descriptors 0, 1 and 2 and this process id. Returns only by throwing Temporary. */
export const becomeProgram = (file: Bytes, args: Bytes[], env: Env): never => {
  const call = prepare(file, args, { stdio: 'inherit', env })
  try {
    if (process.execve === undefined) throw new Error('this Node has no execve')
    return process.execve(call.file, [call.file, ...call.args], call.options.env)
  } catch (error) {
    throw new Temporary(`unable to run ${file}: ${reason(error)}`, { cause: error })
  }
}
