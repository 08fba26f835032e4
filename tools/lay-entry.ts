import { spawnSync } from 'node:child_process'
import { closeSync, constants, fchmodSync, fchownSync, fstatSync, mkdirSync, openSync, type Stats, writeSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../src/core/failure.ts'
import { isRoot, suiteGroup, suiteUser } from '../src/os/ids.ts'
import { type FileEntry, isOfKind } from '../src/suite/files.ts'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/** Can only we (root, or whose installation it is) have put into this folder what is there? */
export const isOurs = (folder: Stats): boolean => folder.uid === (process.getuid?.() ?? 0) && (folder.mode & 0o22) === 0

/** A name in a folder that is open: whatever becomes of the folder's own name. Other processes than this one may use the path too. */
const nameIn = (folder: number, name: string): string => `/proc/${process.pid}/fd/${folder}/${name}`

/** Opens without following a link that somebody else may have made. Throws system errors; of a link, Error in words for people. */
const openIn = (folder: number, name: string, flags: number, shown: string): number => {
  try {
    return openSync(nameIn(folder, name), flags | (isOurs(fstatSync(folder)) ? 0 : O_NOFOLLOW))
  } catch (error) {
    const isLink = ['ELOOP', 'ENOTDIR'].includes(errorCode(error) ?? '')
    throw isLink ? new Error(`${shown} is a symbolic link, or not what it should be: look at it, and remove it`, { cause: error }) : error
  }
}

/** Opens the folder an entry is in, from the home down. */
const openParent = (home: string, names: string[]): number => {
  let fd = openSync(home, O_RDONLY | O_DIRECTORY)
  for (const [i, name] of names.entries()) {
    const parent = fd
    try {
      fd = openIn(parent, name, O_RDONLY | O_DIRECTORY, join(home, ...names.slice(0, i + 1)))
    } finally {
      closeSync(parent)
    }
  }
  return fd
}

const unlessThere = (make: () => void): void => {
  try {
    make()
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

const makeFifo = (path: string): void => {
  const r = spawnSync('mkfifo', [path], { encoding: 'utf8' })
  if (r.status !== 0 && !/exist/i.test(r.stderr)) throw new Error(`mkfifo failed: ${r.stderr.trim() || r.error?.message}`)
}

const makeFile = (path: string, zeros: number): void => {
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  writeSync(fd, Buffer.alloc(zeros))
  closeSync(fd)
}

/** Makes what is missing; what is there, a link too, stays. */
const make = (path: string, { kind, zeros }: FileEntry): void => {
  if (kind === 'folder') unlessThere(() => mkdirSync(path))
  else if (kind === 'fifo') makeFifo(path)
  else if (kind === 'file' && zeros !== undefined) unlessThere(() => makeFile(path, zeros))
}

const ownerOf = (home: string, { owner, group }: FileEntry): [uid: number, gid: number] => [
  owner === 'root' ? (process.getuid?.() ?? 0) : suiteUser(home, owner).uid,
  group === 'root' ? (process.getgid?.() ?? 0) : suiteGroup(home, group)
]

const settle = (home: string, entry: FileEntry, folder: number, name: string): void => {
  const shown = join(home, entry.path)
  const fd = openIn(folder, name, O_RDONLY | O_NONBLOCK, shown)
  try {
    const s = fstatSync(fd)
    if (!isOfKind(s, entry)) throw new Error(`${shown} is not a ${entry.kind}: look at it, and remove it`)
    // a second name may be one that somebody else is to keep
    if (s.isFile() && s.nlink > 1 && !isOurs(fstatSync(folder))) throw new Error(`${shown} has more than one link: look at it, and remove it`)
    if (isRoot()) fchownSync(fd, ...ownerOf(home, entry))
    fchmodSync(fd, entry.mode)
  } finally {
    closeSync(fd)
  }
}

/**
 * Lays one entry of the table of files. Most are in folders of accounts that may be in a stranger's hands: nothing there is followed, and owner and
 * mode are set on what is open. Throws Error, in words for people, where a link or something else stands in its place.
 */
export const layEntry = (home: string, entry: FileEntry): void => {
  const names = entry.path === '.' ? [] : entry.path.split('/')
  const name = names.pop() ?? '.'
  const folder = openParent(home, names)
  try {
    if (name !== '.') make(nameIn(folder, name), entry)
    settle(home, entry, folder, name)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || entry.kind === 'folder') throw error // what is optional is not there
  } finally {
    closeSync(folder)
  }
}
