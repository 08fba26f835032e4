import { type Bytes, fsPath, toBuffer } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { runChild } from '../os/child.ts'
import { becomeNamed, findProgram } from '../os/exec.ts'
import { isRoot } from '../os/ids.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { fitsSystem, systemUser } from './system.ts'
import type { User } from './user.ts'

/** How checkpassword ends (spec network.md 8.2). */
export const CheckExit = { refused: 1, misused: 2 } as const

/** Every refusal comes this long after the start: how long the look-up took, and whether the user exists, does not show, and guessing is slow. */
const REFUSAL_MILLISECONDS = 2000

/** What a look-up comes to: whose the login is and whether the password is right; or another program of this kind that is to be asked instead. */
export type Finding = { user: User; isRight: boolean } | { checker: Bytes }

/** Looks a login up among some users; undefined: not one of these. Throws Temporary. */
export type Lookup = (credentials: Credentials) => Finding | undefined

/** The system's users. */
export const systemLookup: Lookup = ({ login, password }) => {
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

/** Node's pipes are non-blocking beyond descriptor 2, which programs in C take for an error: the shell moves the secrets there, and what is at 0 back. */
const HANDED_OVER = 'exec "$@" 4<&0 0<&3 3<&4 4<&-'

/** Has another checker do all of it; its exit code. Throws Temporary. */
const handOver = (checker: Bytes, args: readonly Bytes[], { login, password, third }: Credentials, env: Env): number => {
  const { code, error } = runChild('/bin/sh', ['-c', HANDED_OVER, 'sh', findProgram(checker, env), ...args], {
    stdio: ['pipe', 'inherit', 'inherit', 0],
    env,
    input: toBuffer(`${login}\0${password}\0${third}\0`)
  })
  if (error !== undefined || code === null) throw new Temporary(`unable to run ${checker}`)
  return code
}

/**
 * Checks what stands on descriptor 3, by the first of these look-ups that knows the login; if it is right becomes the user and then the program. Else resolves
 * with the exit code. Throws Temporary.
 */
export const checkPassword = async ([program, ...args]: readonly Bytes[], env: Env, lookups: readonly Lookup[]): Promise<number> => {
  const start = Date.now()
  const credentials = readCredentials()
  if (credentials === undefined || program === undefined) return CheckExit.misused
  let found: Finding | undefined
  for (const lookup of lookups) {
    found = lookup(credentials)
    if (found) break
  }
  if (found && 'checker' in found) return handOver(found.checker, [program, ...args], credentials, env)
  if (!found?.isRight || found.user.uid === 0) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, start + REFUSAL_MILLISECONDS - Date.now())))
    return CheckExit.refused
  }
  return becomeNamed(program, args, becomeUser(found.user, env))
}
