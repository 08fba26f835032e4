import { closeSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { Exit, exitOfProgram } from '../core/exit.ts'
import { Permanent, reason, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { runChild } from '../os/child.ts'
import { rewound } from '../os/message.ts'
import { PROGRAM_CRASHED } from '../spawn/local-wire.ts'

/**
 * Runs `/bin/sh -c command` in the home, with the message of descriptor `messageFd` on 0 from its start, and our own 1 and 2.
 * Returns false on exit 99: the rest of the file is skipped. Failures carry no text of ours; the program has said what there is to say.
 */
export const deliverToProgram = (command: Bytes, messageFd: number, home: Bytes, env: Env): boolean => {
  const fd = rewound(messageFd)
  try {
    const r = runChild('/bin/sh', ['-c', command], { stdio: [fd, 1, 2], env, cwd: home })
    if (r.error) throw new Temporary(`Unable to run /bin/sh: ${reason(r.error)}. (#4.3.0)`)
    const exit = exitOfProgram(r.code)
    if (exit === Exit.permanent) throw new Permanent('')
    if (exit === Exit.temporary) throw new Temporary(r.code === null ? PROGRAM_CRASHED : '')
    return r.code === Exit.ok
  } finally {
    closeSync(fd)
  }
}
