import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import type { Env } from '../core/run.ts'
import { type Assignment, assignmentOf, findAssignment } from '../format/assign.ts'
import { type Ids, startChild } from '../os/child.ts'
import { suiteUser, USERS } from '../os/ids.ts'
import { LspawnExit } from './exits.ts'
import { Gear } from './gear.ts'
import { startResident } from './own-program.ts'
import { Pool } from './pool.ts'
import { Resident } from './process.ts'
import { UsersCdb } from './users-cdb.ts'

/** A recipient's user, or the exit code that says why there is none. */
export type Found = Assignment | number

const checked = (data: Bytes, rest: Bytes): Found => assignmentOf(data, rest) ?? LspawnExit.bug

/**
 * What qmail-getpw says is a proposal: it runs as an account that strangers' addresses reach. Neither root nor an account of the suite (but alias)
 * gets mail by its word; the administrator may say so in users/assign.
 */
const proposed = ({ reserved }: Getpw, data: Bytes): Found => {
  const found = checked(data, '')
  if (typeof found === 'number' || !reserved.has(found.uid)) return found
  return found.uid === 0 ? LspawnExit.root : LspawnExit.system
}

/** Looks in users/cdb. Undefined: it does not exist, or does not know the local part. Any trouble with it is code 117, never "not there". */
const findInCdb = (users: UsersCdb, local: Bytes): Found | undefined => {
  try {
    const cdb = users.now()
    if (cdb === undefined) return undefined
    const hit = findAssignment(cdb, local)
    if (hit === 'absent') return undefined
    return hit === 'broken' ? LspawnExit.cdb : checked(hit.data, hit.rest)
  } catch {
    return LspawnExit.cdb
  }
}

/** What asking qmail-getpw takes. */
export interface Getpw {
  home: string
  env: Env
  /** qmailp:nofiles; undefined in a one-user installation. */
  ids: Ids | undefined
  gear: Gear
  pool: Pool
  users: UsersCdb
  /** Uids it must not name. */
  reserved: ReadonlySet<number>
}

const MAX_REQUESTS = 10_000
/** Every user's mail needs it. */
const IDLE_SECONDS = 60
const PATIENCE_SECONDS = 30

/** Accounts that own the suite's parts; alias gets mail. */
const SYSTEM_USERS = USERS.filter((name) => name !== 'alias')

/** qmail-getpw, kept resident where it may be; `ids`: whom it becomes. */
export const getpwFor = ({ home, env }: { home: string; env: Env }, firstgear: readonly string[] | undefined, ids: Ids | undefined): Getpw => ({
  home,
  env,
  ids,
  gear: new Gear(home, 'qmail-getpw', firstgear),
  users: new UsersCdb(join(home, 'users', 'cdb')),
  reserved: new Set(ids ? [0, ...SYSTEM_USERS.map((name) => suiteUser(home, name).uid)] : []),
  pool: new Pool({
    max: 2,
    maxRequests: MAX_REQUESTS,
    idleSeconds: IDLE_SECONDS,
    patienceSeconds: PATIENCE_SECONDS,
    start: (_, onOver) => new Resident(startResident(home, 'qmail-getpw', { stdio: ['pipe', 'pipe', 'inherit'], env, cwd: home, ids }), onOver)
  })
})

/** The longest a look-up's answer may be. */
const MAX_ANSWER_BYTES = 65536
/** A look-up may hang, on a file system that does; the slot it holds is wanted by others. */
const PATIENCE_MILLISECONDS = 60_000

const askOnce = (getpw: Getpw, local: Bytes): Promise<Found> =>
  new Promise((resolve) => {
    const { home, env, ids } = getpw
    const child = startChild('bin/qmail-getpw', [local], { stdio: ['ignore', 'pipe', 'inherit'], env, cwd: home, ids })
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      if (text.length < MAX_ANSWER_BYTES) text += chunk.toString('latin1')
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MILLISECONDS)
    child.on('error', () => resolve(LspawnExit.cannotRunGetpw))
    child.on('exit', () => clearTimeout(timer))
    child.on('close', (code) => resolve(code === null ? LspawnExit.system : code === Exit.ok ? proposed(getpw, text) : code))
  })

const askResident = async (getpw: Getpw, identity: string, local: Bytes): Promise<Found> => {
  const reply = await getpw.pool.ask('qmail-getpw', identity, [local])
  if (reply === undefined) return askOnce(getpw, local)
  if (reply === 'unstarted') return LspawnExit.cannotRunGetpw
  if (reply === 'crashed') return LspawnExit.system
  const [code, ...fields] = reply
  return code === String(Exit.ok) ? proposed(getpw, fields.join('\0')) : Number(code) || LspawnExit.bug
}

/** Finds the user of a local part: users/cdb, else qmail-getpw (spec local-delivery.md 2.1 to 2.3). */
export const findUser = async (getpw: Getpw, local: Bytes): Promise<Found> => {
  const found = findInCdb(getpw.users, local)
  if (found !== undefined) return found
  const identity = getpw.gear.now()
  return identity === undefined ? askOnce(getpw, local) : askResident(getpw, identity, local)
}
