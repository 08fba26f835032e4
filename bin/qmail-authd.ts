/**
 * NAME     qmail-authd: asks the password checker for servers that may not (spec modern.md 2.2)
 * RUNS AS  root, kept by qmail-start; in a one-user installation the one user
 * FDS      0< under qmail-start a pipe whose end stops us; 1> log; the checker: 3< user, secret, challenge
 * ENV      PATH: where the checker is looked up
 * EXIT     0 SIGTERM, or the end of descriptor 0; 111 cannot start
 * FILES    control/checkpassword: the checker and its arguments; run/smtpd/auth: the door, which qmaild alone can reach
 *
 * It looks into requests only for their lengths. Checkers that say no are counted by network and by user, and guessing is slowed, then refused.
 */
import { join } from 'node:path'
import { Authd } from '../src/authd/authd.ts'
import { Guesses } from '../src/authd/guesses.ts'
import { serveAuthSession } from '../src/authd/session.ts'
import { readSetting } from '../src/control/read.ts'
import { Exit } from '../src/core/exit.ts'
import { logLine } from '../src/core/logline.ts'
import { type Context, run } from '../src/core/run.ts'
import { collectAtLeisure } from '../src/os/leisure.ts'
import { listenAt } from '../src/os/listen.ts'
import { parentGone } from '../src/os/parent.ts'

const FD = { parent: 0, log: 1 } as const
const MAX_CONNECTIONS = 500
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin'

const main = async ({ home, env, resident }: Context): Promise<number> => {
  process.umask(0o077)
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
    if (resident) parentGone(FD.parent, resolve)
  })
  const log = (line: string): void => logLine(FD.log, `qmail-authd: ${line}`)
  const readProgram = (): string[] => (readSetting(home, 'checkpassword') ?? '').split(/[ \t]+/).filter((word) => word !== '')
  const path = `${join(home, 'bin')}:${env.PATH ?? DEFAULT_PATH}`
  const authd = new Authd({ readProgram, path, guesses: new Guesses(() => performance.now()), log })
  await listenAt(join(home, 'run', 'smtpd', 'auth'), MAX_CONNECTIONS, (socket) => serveAuthSession(socket, authd.answer, log))
  collectAtLeisure()
  await stopped
  return Exit.ok
}

run('qmail-authd', main)
