import { join } from 'node:path'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { identity, isOwn } from '../os/own.ts'

/**
 * The password checker on a server's command line. `authd`: the suite's authclient, so the server can ask qmail-authd by itself, and needs no process for that; `rest` is
 * what authclient would run.
 */
export type GivenChecker =
  | { kind: 'none' }
  | { kind: 'program'; program: readonly Bytes[] }
  | { kind: 'authd'; program: readonly Bytes[]; rest: readonly Bytes[] }

const lookOf = (file: Bytes): string | undefined => {
  try {
    return identity(fsPath(file).toString())
  } catch {
    return undefined // in a folder we may not enter
  }
}

/** What this name would run: the identity of the file, by $PATH where it has no slash. */
const lookUp = (name: Bytes, path: string): string | undefined => {
  const files = name.includes('/') ? [name] : path.split(':').map((folder) => join(folder === '' ? '.' : folder, name))
  return files.map(lookOf).find((look) => look !== undefined)
}

/**
 * Reads the arguments of qmail-smtpd, `[hostname] checker [subprogram ...]` (spec modern.md 2.1): a host name, which some patches want first, holds a dot and is no
 * program. `path`: where programs are looked up.
 */
export const givenChecker = (home: string, args: readonly Bytes[], path = '/bin:/usr/bin'): GivenChecker => {
  const isHost = args[0]?.includes('.') === true && lookUp(args[0], path) === undefined
  const program = isHost ? args.slice(1) : args
  const [name, ...rest] = program
  if (name === undefined) return { kind: 'none' }
  const authclient = join(home, 'bin', 'authclient')
  const isOurs = lookUp(name, path) === lookOf(authclient) && isOwn(authclient, 'authclient')
  return isOurs ? { kind: 'authd', program, rest } : { kind: 'program', program }
}

/** Would authclient do nothing more than say yes? Then a server that asks qmail-authd itself has done all of it. */
export const saysNothingMore = (rest: readonly Bytes[]): boolean => rest.length === 0 || (rest.length === 1 && /^(\/(usr\/)?bin\/)?true$/.test(rest[0] ?? ''))
