import { accessSync, constants, type Stats, writeSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'

/** The path of a file a .qmail line names, relative to the home. */
export const fromHome = (homedir: Bytes, name: Bytes): Bytes => (name.startsWith('/') ? name : `${homedir}/${name}`)

/** Writes everything or throws. A descriptor that would block counts as failed: nobody may hold up the delivery. */
export const writeWhole = (fd: number, data: Buffer): void => {
  for (let at = 0; at < data.length; ) at += writeSync(fd, data, at)
}

const OWNER_ENTERS = 0o100

/** Throws unless there is a folder, of this status, and we may enter it. Its owner may if its mode says so; what others may, access lists have a say in, and the kernel is asked. */
export const checkEnterable = (path: Bytes, status: Stats | undefined): void => {
  if (!status?.isDirectory()) throw new Error('not a directory')
  if (status.uid !== process.geteuid?.() || !(status.mode & OWNER_ENTERS)) accessSync(fsPath(path), constants.X_OK)
}
