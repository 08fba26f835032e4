import { writeSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'

/** The path of a file a .qmail line names, relative to the home. */
export const fromHome = (homedir: Bytes, name: Bytes): Bytes => (name.startsWith('/') ? name : `${homedir}/${name}`)

/** Writes everything or throws. A descriptor that would block counts as failed: nobody may hold up the delivery. */
export const writeWhole = (fd: number, data: Buffer): void => {
  for (let at = 0; at < data.length; ) at += writeSync(fd, data, at)
}
