import { type Bytes, fsPath } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { becomeNamed } from '../os/exec.ts'
import { isRoot } from '../os/ids.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { fitsSystem, systemUser } from './system.ts'
import type { User } from './user.ts'

/** How checkpassword ends (spec network.md 8.2). */
export const CheckExit = { refused: 1, misused: 2 } as const

/** Every refusal comes this long after the start: how long the look-up took, and whether the user exists, does not show, and guessing is slow. */
const REFUSAL_MILLISECONDS = 2000

/** Looks a login up among some users: whose it is and whether the password is right; undefined: not one of these. Throws Temporary. */
export type Lookup = (credentials: Credentials) => { user: User; isRight: boolean } | undefined

const system: Lookup = ({ login, password }) => {
  const isRight = fitsSystem(login, password) // asked first, so that it takes its time for everybody
  const user = systemUser(login)
  return user && { user, isRight }
}

/** The types of Node leave it out. */
const processGroups = process as unknown as { initgroups: (user: string, group: number) => void }

/** Becomes the user: groups, gid, uid, in this order, and makes sure of it; then home and environment. Throws Temporary. */
const becomeUser = ({ name, uid, gid, home, shell }: User, env: Env): Env => {
  if (isRoot()) {
    processGroups.initgroups(name, gid)
    process.setgid?.(gid)
    process.setuid?.(uid)
  }
  if (process.getuid?.() !== uid || process.geteuid?.() !== uid || process.getgid?.() !== gid || process.getegid?.() !== gid) {
    throw new Temporary(`unable to become user ${name}`)
  }
  process.chdir(fsPath(home).toString())
  return { ...env, USER: name, HOME: home, SHELL: shell === '' ? '/bin/sh' : shell }
}

/**
 * Checks what stands on descriptor 3, by the first of these look-ups that knows the login, the system's users last; if it is right becomes the user and
 * then the program. Else resolves with the exit code. Throws Temporary.
 */
export const checkPassword = async ([program, ...args]: readonly Bytes[], env: Env, lookups: readonly Lookup[]): Promise<number> => {
  const start = Date.now()
  const credentials = readCredentials()
  if (credentials === undefined || program === undefined) return CheckExit.misused
  let found: ReturnType<Lookup>
  for (const lookup of [...lookups, system]) {
    found = lookup(credentials)
    if (found) break
  }
  if (!found?.isRight || found.user.uid === 0) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, start + REFUSAL_MILLISECONDS - Date.now())))
    return CheckExit.refused
  }
  return becomeNamed(program, args, becomeUser(found.user, env))
}
