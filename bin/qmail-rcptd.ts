/**
 * NAME     qmail-rcptd: tells servers whether a recipient exists here
 * RUNS AS  root to bind, then qmailp:nofiles; kept by qmail-start
 * FDS      0< under qmail-start a pipe whose end stops us; 1> log
 * ENV      PATH: for getent, by qmail-getpw
 * EXIT     0 SIGTERM, or the end of descriptor 0; 111 cannot start
 * FILES    control/ me locals virtualdomains envnoathost percenthack firstgear; users/cdb, /etc/passwd, homes and their .qmail files; run/smtpd/rcpt
 *
 * It looks where delivery will look, and says `unknown` when it may not look, or is not the one to ask: the server then accepts.
 */
import { join } from 'node:path'
import { SettingsCache } from '../src/control/cache.ts'
import { readSetting } from '../src/control/read.ts'
import { Exit } from '../src/core/exit.ts'
import { reason } from '../src/core/failure.ts'
import { logLine } from '../src/core/logline.ts'
import { type Context, run } from '../src/core/run.ts'
import { becomeUser, suiteGroup, suiteUser } from '../src/os/ids.ts'
import { collectAtLeisure } from '../src/os/leisure.ts'
import { listenAt } from '../src/os/listen.ts'
import { parentGone } from '../src/os/parent.ts'
import { judge } from '../src/rcptd/recipient.ts'
import { serveQuestions } from '../src/rcptd/session.ts'
import type { Verdict } from '../src/serve/recipient-wire.ts'
import { getpwFor } from '../src/spawn/lookup.ts'
import { readRouting } from '../src/spawn/whereabouts.ts'

const FD = { parent: 0, log: 1 } as const
const MAX_CONNECTIONS = 500
const FILES = ['me', 'locals', 'virtualdomains', 'envnoathost', 'percenthack']

const main = async ({ home, env, resident }: Context): Promise<number> => {
  process.umask(0o077)
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
    if (resident) parentGone(FD.parent, resolve)
  })
  const log = (line: string): void => logLine(FD.log, `qmail-rcptd: ${line}`)
  const routing = new SettingsCache(home, FILES, () => readRouting(home))
  const getpw = getpwFor({ home, env }, readSetting(home, 'firstgear'), undefined)
  const answer = async (recipient: string): Promise<Verdict> => {
    try {
      return await judge(recipient, routing.get(), getpw)
    } catch (error) {
      log(`warning: ${reason(error)}`)
      return 'unknown'
    }
  }
  const ids = { uid: suiteUser(home, 'qmailp').uid, gid: suiteGroup(home, 'nofiles') }
  await listenAt(join(home, 'run', 'smtpd', 'rcpt'), MAX_CONNECTIONS, (socket) => serveQuestions(socket, answer, log))
  becomeUser(ids)
  collectAtLeisure()
  await stopped
  return Exit.ok
}

run('qmail-rcptd', main)
