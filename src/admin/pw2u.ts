import { statSync } from 'node:fs'
import { listOf, mapOf } from '../control/read.ts'
import { type Bytes, fsPath, lower } from '../core/bytes.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import { readNamedIfThere } from '../core/if-there.ts'

/** What the command line says (spec local-delivery.md 2.5). */
export interface Pw2uOptions {
  /** Homes: `skip` accounts whose home is missing or not theirs; `demand` a home, skip those whose is not theirs; do not `look`. */
  homes: 'skip' | 'demand' | 'ignore'
  upperCase: boolean
  /** Between a name and its extension; undefined: no extension addresses. */
  breakCharacter: Bytes | undefined
  dash: Bytes
}

/** The files beside users/assign that have a say; undefined: there is no such file. */
export interface Pw2uFiles {
  include: Set<Bytes> | undefined
  exclude: Set<Bytes>
  mailnames: Map<Bytes, Bytes>
  subusers: Bytes
  append: Bytes
}

interface User {
  name: Bytes
  uid: Bytes
  /** `:user:uid:gid:home:` */
  middle: Bytes
  home: Bytes
}

const textOf = (file: Bytes): Bytes | undefined => readNamedIfThere(file, `controls: users/${file}`)

const names = (text: Bytes): Set<Bytes> => new Set(listOf(text).map(lower))

/** Reads the files of the current folder, users/. Temporary when one is there and cannot be read. */
export const readPw2uFiles = (): Pw2uFiles => {
  const include = textOf('include')
  return {
    include: include === undefined ? undefined : names(include),
    exclude: names(textOf('exclude') ?? ''),
    mailnames: mapOf(listOf(textOf('mailnames') ?? '')),
    subusers: textOf('subusers') ?? '',
    append: textOf('append') ?? ''
  }
}

/** A passwd line's account; undefined for lines that are none, and for uid 0 or no uid at all. */
const userOf = (line: Bytes): User | undefined => {
  const fields = line.split(':')
  const [name = '', , uid = '', gid = '', , home = ''] = fields
  if (fields.length < 7 || line.includes('\0') || !/^[0-9]+$/.test(uid) || !/^[0-9]+$/.test(gid) || Number(uid) === 0) return undefined
  return { name, uid, home, middle: `:${name}:${uid}:${gid}:${home}:` }
}

/** Is the home the account's own? Temporary when it cannot be looked at, or is missing and must not be. */
const ownsHome = ({ uid, home }: User, homes: Pw2uOptions['homes']): boolean => {
  if (homes === 'ignore') return true
  try {
    return statSync(fsPath(home)).uid === Number(uid)
  } catch (error) {
    if (homes === 'skip' && errorCode(error) === 'ENOENT') return false
    throw new Temporary(`unable to stat ${home}: ${reason(error)}`, { cause: error })
  }
}

const isAccepted = (user: User, options: Pw2uOptions, files: Pw2uFiles): boolean => {
  const name = lower(user.name)
  if (!options.upperCase && name !== user.name) return false
  if (files.include && !files.include.has(name)) return false
  return !files.exclude.has(name) && ownsHome(user, options.homes)
}

/** Two lines for one address: itself, and with an extension. */
const addressLines = (address: Bytes, { middle }: User, { breakCharacter, dash }: Pw2uOptions, ext = ''): Bytes[] => [
  ext === '' ? `=${address}${middle}::` : `=${address}${middle}${dash}:${ext}:`,
  ...(breakCharacter === undefined ? [] : [`+${address}${breakCharacter}${middle}${dash}:${ext === '' ? '' : `${ext}-`}:`])
]

const userLines = (user: User, options: Pw2uOptions, files: Pw2uFiles): Bytes[] => {
  const addresses = files.mailnames.get(lower(user.name))?.split(':').filter(Boolean) ?? [user.name]
  const catchAll = user.name === 'alias' ? [`+${user.middle}${options.dash}::`] : []
  return [...catchAll, ...addresses.flatMap((address) => addressLines(address, user, options))]
}

const subuserLines = (line: Bytes, users: Map<Bytes, User>, options: Pw2uOptions): Bytes[] => {
  const fields = line.split(':')
  const [sub = '', name = '', ext = ''] = fields
  if (fields.length < 4) return []
  const user = users.get(lower(name))
  if (user === undefined) throw new Temporary(`unable to find ${name} user for subuser`)
  return addressLines(sub, user, options, ext)
}

const wholeLines = (text: Bytes): Bytes => (text === '' || text.endsWith('\n') ? text : `${text}\n`)

/**
 * The text of users/assign for a passwd file (spec local-delivery.md 2.5). An `append` whose last line has no end gets one: qmail's
 * result would be broken there (11). Temporary when there is no alias user, or a subuser's user is missing: then there is no text at all.
 */
export const assignText = (passwd: Bytes, options: Pw2uOptions, files: Pw2uFiles): Bytes => {
  const accepted = passwd
    .split('\n')
    .map(userOf)
    .filter((user) => user !== undefined && isAccepted(user, options, files)) as User[]
  if (!accepted.some(({ name }) => name === 'alias')) throw new Temporary('unable to find alias user')
  const users = new Map(accepted.map((user) => [lower(user.name), user]))
  const lines = [
    ...accepted.flatMap((user) => userLines(user, options, files)),
    ...files.subusers.split('\n').flatMap((line) => subuserLines(line, users, options))
  ]
  return `${lines.join('\n')}\n${wholeLines(files.append)}.\n`
}
