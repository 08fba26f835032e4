/**
 * NAME     qmail-queue: puts one message into the queue (spec queue.md 2)
 * RUNS AS  the caller; root becomes qmailq and writes the queue; so does qmailq, and everybody in a one-user installation. All others
 *          leave the message in drop/, where qmail-queued takes it up, knowing the caller by the file's owner.
 * FDS      0< the message, to its end; then 1< the envelope (it is read, whatever it was opened as); 2> an unknown user
 * ENV      QMAILESMTP: what ESMTP said of the message, from qmail-smtpd, through a program of QMAILQUEUE; it counts for the envelope it was made for
 * EXIT     0 the message is on the disk and will be delivered; 11 an address is longer than 1002 bytes, or the envelope is above control/envelopebytes or envelopercpts; 31 larger than control/dropbytes; 52 a day has passed;
 *          53 write error; 54 read error, or the envelope is cut short; 61 home, 62 queue folder; 63 pid (or drop), 64 mess, 65 intd,
 *          66 todo (or drop): cannot be entered or made; 91 bad envelope, CR and LF in an address among them; 111 no such user, or a setting cannot be read
 * FILES    control/ dropbytes envelopebytes envelopercpts; queue/ pid mess intd todo lock/trigger; drop/, drop/trigger; lib/ids, else /etc/passwd
 *
 * HUP, INT, QUIT and XCPU are ignored. What is left after a failure is as qmail leaves it: 53 and 54 remove all; the others leave
 * it to qmail-send's sweep after 36 hours. Descriptors are read without the event loop, which is what makes a start cheap; so ALRM
 * has its default effect, and the 24 hours are looked at after each read.
 */
import type { Bytes } from '../src/core/bytes.ts'
import { Exit } from '../src/core/exit.ts'
import { logLine } from '../src/core/logline.ts'
import { type Context, run } from '../src/core/run.ts'
import { becomeUser, isRoot, suiteGroup, suiteUser } from '../src/os/ids.ts'
import { QueueExit } from '../src/queue/codes.ts'
import { type EnvelopeLimits, envelopeLimits } from '../src/queue/envelope.ts'
import { NOTES_VARIABLE } from '../src/queue/notes-variable.ts'
import { type QueueFile, QueueTrouble, step } from '../src/queue/queue-file.ts'
import { whoIs } from '../src/queue/received.ts'
import { type Origin, Writer } from '../src/queue/writer.ts'
import { doorFor } from '../src/submit/door.ts'
import { DropFile } from '../src/submit/drop-file.ts'
import { queueOnce } from '../src/submit/once.ts'

const FD = { message: 0, envelope: 1, errors: 2 } as const
const UMASK = 0o033
const IGNORED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGXCPU'] as const
/** The failures after which qmail-queue tidies up; in the drop folder it always does. */
const TIDY: readonly number[] = [QueueExit.writeError, QueueExit.readError]

/** Looks up the users, and becomes qmailq if need be; all that needs root is done when this returns. */
const opener = (home: string, startMs: number): (() => QueueFile) => {
  const door = doorFor(home)
  if (door === 'drop') return () => new DropFile(home, startMs)
  const uid = process.getuid?.() ?? 0
  const origin: Origin = { uid, who: whoIs(home, uid), qp: process.pid, startMs }
  if (isRoot()) becomeUser({ uid: suiteUser(home, 'qmailq').uid, gid: suiteGroup(home, 'qmail') })
  step(QueueExit.queueFolder, () => process.chdir('queue'))
  return () => new Writer('', origin)
}

const queue = (open: () => QueueFile, limits: EnvelopeLimits, startMs: number, variable: Bytes | undefined): number => {
  let file: QueueFile | undefined
  try {
    file = open()
    queueOnce(file, FD, limits, startMs, variable)
    return QueueExit.ok
  } catch (error) {
    if (!(error instanceof QueueTrouble)) throw error
    if (file instanceof DropFile || TIDY.includes(error.code)) file?.discard()
    return error.code
  }
}

const main = ({ home, env }: Context): number => {
  const startMs = Date.now()
  process.umask(UMASK)
  for (const signal of IGNORED) process.on(signal, () => {})
  let open: () => QueueFile
  let limits: EnvelopeLimits
  try {
    step(QueueExit.home, () => process.chdir(home))
    limits = envelopeLimits(home)
    open = opener(home, startMs)
  } catch (error) {
    if (error instanceof QueueTrouble) return error.code
    if (error instanceof Error) logLine(FD.errors, `fatal: ${error.message}`)
    return Exit.temporary
  }
  return queue(open, limits, startMs, env[NOTES_VARIABLE])
}

run('qmail-queue', main)
