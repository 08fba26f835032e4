/**
 * NAME     qmail-queued [--once]: the resident writer of the queue: drop folder and submission sockets
 * RUNS AS  root to bind its sockets, then qmailq:qmail for good; in a one-user installation the one user
 * FDS      0< under qmail-start a pipe whose end stops us, otherwise not looked at; 1> log, trouble only: `qmail-queued: warning: ...`
 * ENV      QMAIL_RESIDENT, from qmail-start
 * EXIT     0 SIGTERM, or the end of descriptor 0 (--once: drop/ and the commit log are empty); 111 cannot start (--once: some messages are still there)
 * FILES    run/smtpd/socket, run/send/socket: the doors of resident programs; run/send/log: the suite's own qmail-send, which
 *          takes messages out of the commit log, queue/log; control/ commitlog dropbytes envelopebytes envelopercpts; drop/: everybody else's, woken by drop/trigger;
 *          queue/pid, locked as there must be only one of us; queue/ mess intd todo lock/trigger; lib/ids, else /etc/passwd and /etc/group
 *
 * A submission socket takes messages one after another: netstrings ended by an empty one, then the envelope `F..\0T..\0\0` as one
 * netstring; it answers each with the netstring `CODE QP`, qmail-queue's exit code and the message's number. After code 0 the message
 * is on the disk. SIGHUP is ignored, SIGALRM scans drop/ now; SIGTERM and SIGINT finish the messages whose envelope
 * is complete.
 *
 * --once takes the messages of drop/ and what a crash left in the commit log into the queue, and ends: for one who goes back to a qmail without them.
 */

import { readSetting } from '../src/control/read.ts'
import { Exit } from '../src/core/exit.ts'
import { logLine } from '../src/core/logline.ts'
import { type Context, run } from '../src/core/run.ts'
import { MAX_LOG_BYTES } from '../src/log/limits.ts'
import { becomeUser, suiteGroup, suiteUser } from '../src/os/ids.ts'
import { collectAtLeisure } from '../src/os/leisure.ts'
import { parentGone } from '../src/os/parent.ts'
import { whoTeller } from '../src/queue/received.ts'
import { renewDrop } from '../src/queued/drop-renew.ts'
import { beTheOnlyOne } from '../src/queued/lock.ts'
import { takeUpOnce } from '../src/queued/once.ts'
import { Queued } from '../src/queued/queued.ts'

const FD = { parent: 0, log: 1 } as const
const UMASK = 0o033

const main = async ({ home, args, resident }: Context): Promise<number> => {
  process.umask(UMASK)
  process.chdir(home)
  const log = (line: string): void => logLine(FD.log, `qmail-queued: ${line}`)
  const ids = { uid: suiteUser(home, 'qmailq').uid, gid: suiteGroup(home, 'qmail') }
  if (args[0] === '--once') return takeUpOnce({ home, who: whoTeller(home), log }, ids)
  const senders = {
    smtpd: { uid: suiteUser(home, 'qmaild').uid, who: 'from network' },
    send: { uid: suiteUser(home, 'qmails').uid, who: 'for bounce' }
  }
  const logBytes = Math.min(readSetting(home, 'commitlog'), MAX_LOG_BYTES)
  const queued = new Queued({ home, senders, who: whoTeller(home), logBytes, log })
  const asked = new Promise<void>((resolve) => {
    process.on('SIGTERM', resolve)
    process.on('SIGINT', resolve)
    if (resident) parentGone(FD.parent, resolve)
  })
  process.on('SIGHUP', () => {})
  process.on('SIGALRM', () => queued.scan())
  if (!(await Promise.race([beTheOnlyOne().then(() => true), asked]))) return Exit.ok
  renewDrop(home, ids, log)
  await queued.bind()
  becomeUser(ids)
  await queued.serve()
  collectAtLeisure()
  await asked
  await queued.stop()
  return Exit.ok
}

run('qmail-queued', main)
