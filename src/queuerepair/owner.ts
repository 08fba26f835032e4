import { closeSync, constants, fchmodSync, fchownSync, fstatSync, openSync } from 'node:fs'
import { isRoot } from '../os/ids.ts'

/** An account of the queue, and its group. */
export interface Owner {
  uid: number
  gid: number
}

/**
 * Works in a folder of the queue as the account it belongs to: whatever that account may have laid there, a link to somewhere else perhaps, root does
 * nothing it could not do itself.
 */
export const as = <T>({ uid, gid }: Owner, work: () => T): T => {
  if (!isRoot() || uid === 0) return work()
  const rootGroup = process.getegid?.() ?? 0
  process.setegid?.(gid)
  process.seteuid?.(uid)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(rootGroup)
  }
}

/** Gives a regular file, of one name (or `names`), its owner and mode. Throws system errors, and Error when it is something else. */
export const give = (path: string, uid: number, mode: number, names = 1): void => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const file = fstatSync(fd)
    if (!file.isFile() || file.nlink > names) throw new Error('it is no file of its own')
    if (isRoot() && file.uid !== uid) fchownSync(fd, uid, file.gid)
    fchmodSync(fd, mode)
  } finally {
    closeSync(fd)
  }
}
