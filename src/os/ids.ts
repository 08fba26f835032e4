import { join } from 'node:path'
import { findLine, lineAt } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { readNamedIfThere } from '../core/if-there.ts'
import type { Ids } from './child.ts'

/** One account of the user data base. */
export interface Account extends Ids {
  name: string
  home: string
}

/** The users of the suite (spec queue.md 1). */
export const USERS = ['alias', 'qmaild', 'qmaill', 'qmailp', 'qmailq', 'qmailr', 'qmails', 'qmailt'] as const
/** The groups of the suite. */
export const GROUPS = ['qmail', 'nofiles'] as const
export type SuiteUser = (typeof USERS)[number]
export type SuiteGroup = (typeof GROUPS)[number]

/**
 * A private installation (`make run`, tests) has no accounts: its numbers stand in this file, laid at install, one
 * `user NAME UID GID HOME` or `group NAME GID` a line. Where it exists, it is asked first.
 */
export const idsFile = (home: string): string => join(home, 'lib', 'ids')

const textOf = (file: string): string => readNamedIfThere(file, file) ?? ''

const privateEntry = (home: string, kind: string, name: string): string[] | undefined =>
  textOf(idsFile(home))
    .split('\n')
    .map((line) => line.split(' '))
    .find((words) => words[0] === kind && words[1] === name)

const isNumber = (text: string | undefined): boolean => /^[0-9]+$/.test(text ?? '')

/** The fields of the line of that name. */
const colonEntry = (text: string, name: string): string[] | undefined => {
  const at = findLine(text, `${name}:`)
  return at < 0 ? undefined : lineAt(text, at).split(':')
}

/** The account of that name in passwd text, or undefined. */
export const accountIn = (passwd: string, name: string): Account | undefined => {
  const entry = colonEntry(passwd, name)
  if (entry === undefined || entry.length < 6) return undefined
  const [, , uid, gid, , home] = entry
  if (!isNumber(uid) || !isNumber(gid)) return undefined
  return { name, uid: Number(uid), gid: Number(gid), home: home ?? '' }
}

const entriesOf = (file: string): string[][] =>
  textOf(file)
    .split('\n')
    .map((line) => line.split(':'))

/** The name of the first account with this number in passwd text, or undefined. */
export const userNamed = (passwd: string, uid: number): string | undefined => {
  const field = `:${uid}:`
  for (let at = passwd.indexOf(field); at >= 0; at = passwd.indexOf(field, at + 1)) {
    const before = passwd.slice(passwd.lastIndexOf('\n', at) + 1, at).split(':')
    if (before.length === 2) return before[0]
  }
  return undefined
}

/** The name of a user by number, in /etc/passwd; the number where it has none. Throws Temporary. */
export const userName = (uid: number): string => userNamed(textOf('/etc/passwd'), uid) ?? `user ${uid}`

/** Whom /etc/group and /etc/passwd name as members of a group. Throws Temporary. */
export const membersOf = (gid: number): string[] => {
  const listed = entriesOf('/etc/group')
    .filter((entry) => entry[2] === String(gid))
    .flatMap((entry) => (entry[3] ?? '').split(','))
  const own = entriesOf('/etc/passwd')
    .filter((entry) => entry[3] === String(gid))
    .map(([name = '']) => name)
  return [...new Set([...listed, ...own])].filter((name) => name !== '')
}

/** The account in a line of lib/ids; undefined when its numbers are none: what is not a number must never come to mean user or group 0. */
const accountOf = (name: string, [, , uid = '', gid = '', ...home]: readonly string[]): Account | undefined =>
  isNumber(uid) && isNumber(gid) ? { name, uid: Number(uid), gid: Number(gid), home: home.join(' ') } : undefined

/** A user of the suite: lib/ids, else /etc/passwd. Unknown: Temporary, with qmail's words. */
export const suiteUser = (home: string, name: SuiteUser): Account => {
  const entry = privateEntry(home, 'user', name)
  const account = entry ? accountOf(name, entry) : accountIn(textOf('/etc/passwd'), name)
  if (account === undefined) throw new Temporary(`unable to find user ${name}`)
  return account
}

/** A group of the suite: lib/ids, else /etc/group. Unknown: Temporary. */
export const suiteGroup = (home: string, name: SuiteGroup): number => {
  const gid = privateEntry(home, 'group', name)?.[2] ?? colonEntry(textOf('/etc/group'), name)?.[2]
  if (!isNumber(gid)) throw new Temporary(`unable to find group ${name}`)
  return Number(gid)
}

/** Is this process free to become other users? Without it (a one-user installation) everything runs as the one who started it. */
export const isRoot = (): boolean => process.getuid?.() === 0

/** Becomes this user and group for good, with no other group, and makes sure of it. In this order, always. Throws Temporary. */
export const becomeUser = (ids: Ids): void => {
  if (!isRoot()) return
  process.setgroups?.([ids.gid])
  process.setgid?.(ids.gid)
  process.setuid?.(ids.uid)
  const { uid, gid } = ids
  if (process.getuid?.() !== uid || process.geteuid?.() !== uid || process.getgid?.() !== gid || process.getegid?.() !== gid) {
    throw new Temporary(`unable to become user ${uid}, group ${gid}`)
  }
}
