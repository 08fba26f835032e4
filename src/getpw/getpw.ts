import { type Bytes, lower } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { isTemporary, Temporary } from '../core/failure.ts'
import { type Account, suiteUser } from '../os/ids.ts'
import { LspawnExit } from '../spawn/exits.ts'
import type { Homes } from './homes.ts'
import type { UserTable } from './passwd.ts'

/** Between a user's name and the extension. */
const BREAK = '-'
/** Longer names are no user's. */
const MAX_NAME_BYTES = 31
const ALIAS = 'alias'

/** Exit code, and with code 0 the six fields `user uid gid homedir dash ext`, each ended by NUL. */
export interface Answer {
  code: number
  fields: Bytes
}

const found = ({ name, uid, gid, home }: Account, dash: Bytes, ext: Bytes): Answer => ({
  code: Exit.ok,
  fields: `${name}\0${uid}\0${gid}\0${home}\0${dash}\0${ext}\0`
})
const failed = (code: number): Answer => ({ code, fields: '' })

/** Where a name may end: at the end of the local part, then before each break character, from the last to the first. */
function* ends(local: Bytes): Generator<number> {
  yield local.length
  for (let i = local.length - 1; i >= 0; i--) if (local[i] === BREAK) yield i
}

/** Does the account own its home? Undefined: that cannot be told just now. */
const ownsHome = async ({ uid, home }: Account, homes: Homes): Promise<boolean | undefined> => {
  try {
    return (await homes.owner(home)) === uid
  } catch (error) {
    return error instanceof Temporary || isTemporary(error) ? undefined : false
  }
}

/** The alias user: this installation's own, else the system's. */
const aliasUser = async (home: string, users: UserTable): Promise<Account | undefined> => {
  try {
    return suiteUser(home, ALIAS)
  } catch {
    return users.find(ALIAS, [ALIAS]) // lib/ids and /etc/passwd do not have it; other user data bases may
  }
}

/**
 * Whose address is it? The longest user name the local part begins with that is an account owning its home, root excepted; else
 * alias (spec local-delivery.md 2.3). Throws Temporary when the user data base cannot be asked.
 */
const lookUp = async (home: string, local: Bytes, users: UserTable, homes: Homes): Promise<Answer> => {
  const candidates = [...ends(local)].filter((end) => end > 0 && end <= MAX_NAME_BYTES)
  const names = candidates.map((end) => lower(local.slice(0, end)))
  for (const [i, end] of candidates.entries()) {
    const name = names[i] ?? ''
    const account = await (name === ALIAS ? aliasUser(home, users) : users.find(name, names))
    if (account === undefined || account.uid === 0) continue
    const owns = await ownsHome(account, homes)
    if (owns === undefined) return failed(LspawnExit.nfs)
    if (owns) return found(account, end === local.length ? '' : BREAK, local.slice(end + 1))
  }
  const alias = await aliasUser(home, users)
  return alias ? found(alias, BREAK, local) : failed(LspawnExit.noAlias)
}

/** As lookUp; a data base that cannot be asked is exit code 118. */
export const answerTo = async (home: string, local: Bytes, users: UserTable, homes: Homes): Promise<Answer> => {
  try {
    return await lookUp(home, local, users, homes)
  } catch {
    // the code says it; nobody reads a text here
    return failed(LspawnExit.system)
  }
}
