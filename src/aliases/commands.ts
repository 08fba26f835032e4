import { closeSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { Exit, exitOfProgram } from '../core/exit.ts'
import { Permanent, reason, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { runChild } from '../os/child.ts'
import { rewound } from '../os/message.ts'

/** What a command's end means (spec local-delivery.md 7, 8.2): 0 go on, some codes Permanent, all else, 99 included, Temporary. */
export const judge = (code: number | null): void => {
  if (code === null) throw new Temporary('child crashed')
  if (exitOfProgram(code) === Exit.permanent) throw new Permanent('')
  if (code !== Exit.ok) throw new Temporary('')
}

/** Runs a program on the message of this descriptor, from its start, and judges its end. */
export const runOnMessage = (file: Bytes, args: Bytes[], messageFd: number, env: Env): void => {
  const fd = rewound(messageFd)
  try {
    const { code, error } = runChild(file, args, { stdio: [fd, 1, 2], env })
    if (error) throw new Temporary(`unable to run ${file}: ${reason(error)}`)
    judge(code)
  } finally {
    closeSync(fd)
  }
}
