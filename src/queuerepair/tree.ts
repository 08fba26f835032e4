import { chmodSync, closeSync, constants, ftruncateSync, lchownSync, lstatSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { Temporary } from '../core/failure.ts'
import { runChild } from '../os/child.ts'
import { isRoot, suiteGroup, suiteUser } from '../os/ids.ts'
import { type FileEntry, files, isOfKind } from '../suite/files.ts'
import type { Problem } from './problem.ts'

const idsOf = (home: string, { owner, group }: FileEntry): { uid: number; gid: number } => ({
  uid: owner === 'root' ? 0 : suiteUser(home, owner).uid,
  gid: group === 'root' ? 0 : suiteGroup(home, group)
})

const makeFifo = (path: string): void => {
  if (runChild('mkfifo', [path], { stdio: ['ignore', 'ignore', 2], env: { PATH: '/usr/bin:/bin' } }).code !== 0) throw new Temporary('mkfifo failed')
}

const make = (path: string, { kind, mode, zeros = 0 }: FileEntry): void => {
  if (kind === 'folder') mkdirSync(path, mode)
  else if (kind === 'fifo') makeFifo(path)
  else {
    const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode)
    ftruncateSync(fd, zeros)
    closeSync(fd)
  }
}

/** Owner first: changing it takes bits of the mode away. */
const set = (home: string, path: string, entry: FileEntry): void => {
  const { uid, gid } = idsOf(home, entry)
  if (isRoot()) lchownSync(path, uid, gid)
  chmodSync(path, entry.mode)
}

const look = (home: string, entry: FileEntry): Problem[] => {
  const path = join(home, entry.path)
  // queue/ itself may be a link the administrator made: to another disk
  const s = entry.path === 'queue' ? lstatSync(`${path}/`, { throwIfNoEntry: false }) : lstatSync(path, { throwIfNoEntry: false })
  const problem = (what: string, mend?: () => void): Problem => ({ path: entry.path, what, ...(mend && { mend }) })
  if (s === undefined) {
    const lay = (): void => {
      make(path, entry)
      set(home, path, entry)
    }
    return [problem('is missing', lay)]
  }
  if (!isOfKind(s, entry)) return [problem(`is no ${entry.kind}: look at it yourself`)]
  const { uid, gid } = idsOf(home, entry)
  const wrong = [
    ...(s.uid === uid || !isRoot() ? [] : ['owner']),
    ...(s.gid === gid || !isRoot() ? [] : ['group']),
    ...((s.mode & 0o7777) === entry.mode ? [] : ['mode'])
  ]
  const short = entry.zeros !== undefined && s.size < entry.zeros
  return [
    ...(wrong.length === 0 ? [] : [problem(`has the wrong ${wrong.join(', ')}`, () => set(home, entry.path === 'queue' ? `${path}/` : path, entry))]),
    ...(short ? [problem(`is shorter than ${entry.zeros} bytes`, () => lengthen(path, entry.zeros ?? 0))] : [])
  ]
}

const lengthen = (path: string, bytes: number): void => {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW)
  try {
    ftruncateSync(fd, bytes)
  } finally {
    closeSync(fd)
  }
}

/** Folders, FIFO and files that every queue has (src/suite/files.ts), parents first: one after another, as mending one lets the next be seen. */
export function* treeProblems(home: string): Generator<Problem> {
  for (const entry of files) if (entry.path === 'queue' || entry.path.startsWith('queue/')) yield* look(home, entry)
}
