import { statSync } from 'node:fs'
import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Permanent, reason, Temporary } from '../core/failure.ts'
import type { Context } from '../core/run.ts'
import { MessageReader } from '../log/read-message.ts'
import { isRoot, suiteGroup, suiteUser } from '../os/ids.ts'
import { LspawnExit } from '../spawn/exits.ts'
import { Gear } from '../spawn/gear.ts'
import { MANY, SYNC_WORDS } from '../spawn/local-wire.ts'
import { findUser, type Getpw, getpwFor } from '../spawn/lookup.ts'
import { startResident } from '../spawn/own-program.ts'
import { Pool } from '../spawn/pool.ts'
import { Resident } from '../spawn/process.ts'
import { type Job, serveSpawner } from '../spawn/spawner.ts'
import { type Ending, endedWith, reportOf } from './report.ts'
import { RoundsOfAll } from './rounds.ts'
import { type Local, runLocal } from './run.ts'

const MAX_LOCALS = 20
const MAX_REQUESTS = 10_000
/** Between two of a user's messages; a start costs as much as 500 deliveries (bench/RESULTS.md). */
const LOCAL_IDLE_SECONDS = 60
/** What a resident does, deliveries to Maildirs and forwards, takes less. */
const LOCAL_PATIENCE_SECONDS = 30

/** Whatever a delivery creates is the recipient's alone. */
const PRIVATE_UMASK = 0o077

const idsOf = (key: Bytes): { uid: number; gid: number } => {
  const [uid, gid] = key.split(':').map(Number)
  if (!uid || gid === undefined) throw new Error('no user to become')
  return { uid, gid }
}

/** Serves what one user's qmail-local asks for beside its answers: one round of syncfs at a time. */
const roundsFor = (rounds: RoundsOfAll): ((fields: Bytes[], say: (fields: Bytes[]) => void) => void) => {
  let isAsked = false
  return ([word, device = ''], say) => {
    if (isAsked || word !== SYNC_WORDS.ask || !/^\d{1,15}$/.test(device)) throw new Error('not the protocol')
    isAsked = true
    void rounds.sync(Number(device)).then((isDone) => {
      isAsked = false
      say([isDone ? SYNC_WORDS.done : SYNC_WORDS.failed])
    })
  }
}

const localFor = ({ home, env }: Context, firstgear: string[] | undefined, rounds: RoundsOfAll): Local => ({
  home,
  env,
  gear: new Gear(home, 'qmail-local', firstgear),
  messages: new MessageReader(home),
  pool: new Pool({
    max: MAX_LOCALS,
    maxRequests: MAX_REQUESTS,
    idleSeconds: LOCAL_IDLE_SECONDS,
    isOnly: true,
    company: MANY,
    patienceSeconds: LOCAL_PATIENCE_SECONDS,
    start: (key, onOver) =>
      new Resident(
        startResident(home, 'qmail-local', { stdio: ['pipe', 'pipe', 'ignore'], env, cwd: home, ids: isRoot() ? idsOf(key) : undefined }),
        onOver,
        roundsFor(rounds)
      )
  })
})

const enterable = (folder: string): string => {
  try {
    if (statSync(folder).isDirectory()) return folder
  } catch (error) {
    throw new Temporary(`unable to enter ${folder}: ${reason(error)}`, { cause: error })
  }
  throw new Temporary(`unable to enter ${folder}: not a directory`)
}

const deliver = async (getpw: Getpw, local: Local, becomesUser: boolean, defaultdelivery: Bytes, job: Job): Promise<Ending> => {
  if (job.box === '') return endedWith(Exit.ok)
  const user = await findUser(getpw, job.box)
  if (typeof user === 'number') return endedWith(user)
  if (user.uid === 0) return endedWith(LspawnExit.root)
  const values = [user.user, user.homedir, job.box, user.dash, user.ext, job.host, job.sender, user.instructions ?? defaultdelivery]
  return runLocal(local, { uid: user.uid, gid: user.gid }, becomesUser, values, job)
}

/** qmail-lspawn: serves qmail-send's commands to their end (spec queue.md 7.1, 7.2). Permanent without its argument, Temporary if it cannot start. */
export const serveLspawn = async ({ env: { QMAIL_WIDE, ...env }, ...rest }: Context): Promise<number> => {
  const context = { ...rest, env }
  const { home, args } = context
  const [defaultdelivery] = args
  if (defaultdelivery === undefined) throw new Permanent('usage: qmail-lspawn defaultdelivery')
  process.umask(PRIVATE_UMASK)
  const mess = enterable(join(home, 'queue', 'mess'))
  const firstgear = readSetting(home, 'firstgear')
  const nobody = isRoot() ? { uid: suiteUser(home, 'qmailp').uid, gid: suiteGroup(home, 'nofiles') } : undefined
  const rounds = new RoundsOfAll(nobody, () => local.pool.isCalm)
  const [getpw, local] = [getpwFor(context, firstgear, nobody), localFor(context, firstgear, rounds)]
  const owner = suiteUser(home, 'qmailq').uid
  const becomesUser = isRoot()
  await serveSpawner({
    mess,
    owner,
    width: QMAIL_WIDE === '1' ? 2 : 1,
    deliver: async (job) => reportOf(await deliver(getpw, local, becomesUser, defaultdelivery, job), job.notes !== undefined)
  })
  return Exit.ok
}
