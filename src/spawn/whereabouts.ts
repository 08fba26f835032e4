import { type Stats, stat } from 'node:fs'
import { readSetting } from '../control/read.ts'
import { type Bytes, fsPath, lower, splitAddress } from '../core/bytes.ts'
import { errorCode } from '../core/failure.ts'
import type { Assignment } from '../format/assign.ts'
import { dotQmailNames } from '../format/dotqmail-names.ts'
import { type Routing, rewrite } from '../queue/rewrite.ts'
import { findUser, type Getpw } from './lookup.ts'

const NOTHING = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'])

/** Where an address is delivered, as far as that can be told without delivering. */
export type Whereabouts =
  /** Another host's, by its domain. */
  | { kind: 'remote'; address: Bytes; host: Bytes }
  /** A local address without a box: delivered, to nobody. */
  | { kind: 'nobody' }
  /** A user's: `file` rules it, or, with the bare name, .qmail or the default delivery. */
  | { kind: 'user'; user: Bytes; homedir: Bytes; file: Bytes | undefined }
  /** The user it would belong to has no .qmail file for it. */
  | { kind: 'absent'; user: Bytes }
  /** That cannot be told now, or not by us. */
  | { kind: 'unknown'; why: string }

const kindOf = (found: Stats): 'folder' | 'file' | 'nothing' => (found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'nothing')

/** What there is at a path; trouble is told from nothing. It does not block: a disk may hang. */
const lookAt = (path: Bytes): Promise<'folder' | 'file' | 'nothing' | 'trouble'> =>
  new Promise((resolve) => {
    stat(fsPath(path), (error, found) => resolve(error === null ? kindOf(found) : NOTHING.has(errorCode(error) ?? '') ? 'nothing' : 'trouble'))
  })

/** Would qmail-local take it? An extension needs its .qmail file. A home that is not there may be on a disk that is away for a while. */
const inHome = async ({ user, homedir, dash, ext }: Assignment): Promise<Whereabouts> => {
  if (dash === '') return { kind: 'user', user, homedir, file: undefined }
  if ((await lookAt(homedir)) !== 'folder') return { kind: 'unknown', why: `unable to look into ${homedir}` }
  for (const { name } of dotQmailNames(dash, ext)) {
    const file = `${homedir}/${name}`
    const found = await lookAt(file)
    if (found === 'file') return { kind: 'user', user, homedir, file }
    if (found === 'trouble') return { kind: 'unknown', why: `unable to look at ${file}` }
  }
  return { kind: 'absent', user }
}

/** What qmail-send goes by (control/ locals, or me, virtualdomains, percenthack, envnoathost). Throws Temporary, naming the file. */
export const readRouting = (home: string): Routing => ({
  envnoathost: readSetting(home, 'envnoathost') ?? '',
  percenthack: new Set(readSetting(home, 'percenthack')?.map(lower)),
  locals: new Set((readSetting(home, 'locals') ?? [readSetting(home, 'me') ?? '']).map(lower)),
  virtualdomains: readSetting(home, 'virtualdomains') ?? new Map()
})

/** Where an address would be delivered. Asks as delivery does: qmail-send's routing, users/cdb, qmail-getpw, the .qmail files. Never fails. */
export const whereIs = async (recipient: Bytes, routing: Routing, getpw: Getpw): Promise<Whereabouts> => {
  const { channel, address } = rewrite(recipient, routing)
  const { box, host = '' } = splitAddress(address)
  if (channel !== 'local') return { kind: 'remote', address, host }
  if (box === '') return { kind: 'nobody' }
  const user = await findUser(getpw, box)
  if (typeof user === 'number') return { kind: 'unknown', why: 'unable to ask the user data base' }
  return user.uid === 0 ? { kind: 'unknown', why: 'root gets no mail' } : inHome(user)
}
