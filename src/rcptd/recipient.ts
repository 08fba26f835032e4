import { type Stats, stat } from 'node:fs'
import { type Bytes, fsPath, splitAddress } from '../core/bytes.ts'
import { errorCode } from '../core/failure.ts'
import type { Assignment } from '../format/assign.ts'
import { dotQmailNames } from '../format/dotqmail-names.ts'
import { type Routing, rewrite } from '../queue/rewrite.ts'
import type { Verdict } from '../serve/recipient-wire.ts'
import { findUser, type Getpw } from '../spawn/lookup.ts'

const NOTHING = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'])

const kindOf = (found: Stats): 'folder' | 'file' | 'nothing' => (found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'nothing')

/** What there is at a path; trouble is told from nothing. It does not block: a disk may hang. */
const lookAt = (path: Bytes): Promise<'folder' | 'file' | 'nothing' | 'trouble'> =>
  new Promise((resolve) => {
    stat(fsPath(path), (error, found) => resolve(error === null ? kindOf(found) : NOTHING.has(errorCode(error) ?? '') ? 'nothing' : 'trouble'))
  })

/** Would qmail-local take it? An extension needs its .qmail file. A home that is not there may be on a disk that is away for a while. */
const inHome = async ({ homedir, dash, ext }: Assignment): Promise<Verdict> => {
  if (dash === '') return 'exists'
  if ((await lookAt(homedir)) !== 'folder') return 'unknown'
  for (const { name } of dotQmailNames(dash, ext)) {
    const found = await lookAt(`${homedir}/${name}`)
    if (found === 'file') return 'exists'
    if (found === 'trouble') return 'unknown'
  }
  return 'absent'
}

/**
 * Is there anybody to deliver to? Asks as delivery does: qmail-send's routing, users/cdb, qmail-getpw, the .qmail files. `unknown`: not a domain of ours, or that
 * cannot be told now. Never fails.
 */
export const judge = async (recipient: Bytes, routing: Routing, getpw: Getpw): Promise<Verdict> => {
  const { channel, address } = rewrite(recipient, routing)
  if (channel !== 'local') return 'unknown'
  const { box } = splitAddress(address)
  if (box === '') return 'exists' // delivered to nobody, as ever
  const user = await findUser(getpw, box)
  return typeof user === 'number' || user.uid === 0 ? 'unknown' : inHome(user)
}
