import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Temporary } from '../core/failure.ts'
import type { Context } from '../core/run.ts'
import { runChild } from '../os/child.ts'
import { becomeNamed } from '../os/exec.ts'

/** A program that moves new mail to the mbox and becomes the mail reader of this name (spec injection-admin.md 4). Gives back maildir2mbox's code when that fails. */
export const readWith =
  (reader: Bytes) =>
  ({ home, args, env }: Context): number => {
    const file = join(home, 'bin', 'maildir2mbox')
    const { code, error } = runChild(file, [], { stdio: 'inherit', env })
    if (error !== undefined) throw new Temporary(`unable to run ${file}`, { cause: error })
    return code === Exit.ok ? becomeNamed(reader, args, env) : (code ?? Exit.temporary)
  }
