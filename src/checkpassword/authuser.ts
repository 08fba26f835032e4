import { createHash, createHmac } from 'node:crypto'
import { join } from 'node:path'
import { listOf } from '../control/read.ts'
import { type Bytes, lower, toBuffer } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { readNamedIfThere } from '../core/if-there.ts'
import { findVirtual, homeOfVirtual, virtualAccount } from '../users/virtual.ts'
import type { Lookup } from './check.ts'
import type { Credentials } from './credentials.ts'
import { fitsHash, isHash, isSame } from './hash.ts'
import { fitsSystem, systemUser } from './system.ts'
import type { User } from './user.ts'

/** Checkers of others that an entry may name, by its only character. */
const CHECKERS: Readonly<Record<Bytes, Bytes>> = { '&': 'vchkpw', '+': 'checkvpw' }
/** Hashes without salt, by how many hexadecimal digits they have. */
const DIGESTS: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 64: 'sha256' }
/** Who one is that has a password and nothing else: no files are this user's. */
const NOBODY = 'nobody'

/** users/authuser of s/qmail: logins in lower case, and what shows that somebody is the one. */
export type Authusers = ReadonlyMap<Bytes, Bytes>

/** `login:password` a line, the first of equal ones counting; lines that begin with `#`, and blanks at the end of a line, do not count. */
export const parseAuthusers = (text: Bytes): Authusers => {
  const entries = new Map<Bytes, Bytes>()
  for (const line of listOf(text)) {
    const colon = line.indexOf(':')
    const login = lower(line.slice(0, colon))
    if (colon > 0 && !entries.has(login)) entries.set(login, line.slice(colon + 1))
  }
  return entries
}

/** The file; undefined when there is none. Throws Temporary when it cannot be read. */
export const readAuthusers = (home: string): Authusers | undefined => {
  const text = readNamedIfThere(join(home, 'users', 'authuser'), 'users/authuser')
  return text === undefined ? undefined : parseAuthusers(text)
}

/** What the file says of a login: itself, else its domain (`@domain`), all domains (`@`), all (`*`). */
const entryFor = (entries: Authusers, login: Bytes): Bytes | undefined => {
  const at = login.lastIndexOf('@')
  const keys = [lower(login), ...(at < 0 ? [] : [lower(login.slice(at)), '@']), '*']
  return keys.map((key) => entries.get(key)).find((entry) => entry !== undefined)
}

const hexOf = (algorithm: string, text: Bytes): Bytes => createHash(algorithm).update(toBuffer(text)).digest('hex')
const isEqual = (a: Bytes, b: Bytes): boolean => isSame(toBuffer(hexOf('sha256', a)), toBuffer(hexOf('sha256', b)))

/** Said plainly, or as the digest of a challenge: CRAM-MD5's (RFC 2195), APOP's (RFC 1939 7). */
const fitsPlain = (wanted: Bytes, { password, third }: Credentials): boolean => {
  const digests = third.startsWith('<') ? [createHmac('md5', toBuffer(wanted)).update(toBuffer(third)).digest('hex'), hexOf('md5', third + wanted)] : []
  return [wanted, ...digests].map((answer) => isEqual(answer, password)).includes(true)
}

const fitsEntry = (entry: Bytes, credentials: Credentials): boolean => {
  const { login, password } = credentials
  if (entry === '?' || entry === '!') return fitsSystem(login, password)
  if (entry.startsWith('%')) return isEqual(lower(entry.slice(1)), hexOf(DIGESTS[entry.length - 1] ?? 'sha256', password))
  if (isHash(entry)) return fitsHash(entry, password)
  const wanted = entry.startsWith('=') ? entry.slice(1) : entry
  return wanted !== '' && fitsPlain(wanted, credentials)
}

/** Whom a login makes of a program: the mailbox's, or the system's user of this name; one that is neither may do nothing but be known. */
const userOf = (home: string, login: Bytes): User => {
  const mailbox = login.includes('@') ? findVirtual(home, login) : undefined
  if (mailbox !== undefined) {
    const account = virtualAccount(home)
    return { ...account, home: homeOfVirtual(account, mailbox), shell: '' }
  }
  const user = systemUser(login)
  if (user !== undefined) return user
  const nobody = systemUser(NOBODY)
  if (nobody === undefined) throw new Temporary(`unable to find user ${NOBODY} for users/authuser`)
  return { ...nobody, home: '/', shell: '' }
}

/** Those users/authuser has an entry for (spec modern.md 2.2). */
export const listedLookup =
  (home: string, entries: Authusers): Lookup =>
  (credentials) => {
    const { login } = credentials
    const entry = entryFor(entries, login)
    if (entry === undefined) return undefined
    const checker = CHECKERS[entry]
    if (checker !== undefined) return { checker }
    if (entry === '=')
      throw new Temporary('users/authuser: an = alone asks Dovecot, which this checkpassword cannot: name a checker of Dovecot in control/checkpassword')
    const isRight = fitsEntry(entry, credentials)
    return { user: userOf(home, login), isRight }
  }
