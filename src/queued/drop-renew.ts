import { chmodSync, chownSync, lstatSync, mkdirSync, opendirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { explain } from '../core/failure.ts'
import type { Ids } from '../os/child.ts'
import { isRoot } from '../os/ids.ts'
import { BLOATED_BYTES } from './drop.ts'

/** With more names than these the folder is as large as it needs to be. */
const MAX_NAMES = 20_000

/** The names in a folder as bytes; undefined: too many. */
const namesIn = (folder: string): Buffer[] | undefined => {
  const dir = opendirSync(folder, { encoding: 'latin1' as BufferEncoding })
  const names: Buffer[] = []
  try {
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
      names.push(Buffer.from(entry.name, 'latin1'))
      if (names.length > MAX_NAMES) return undefined
    }
  } finally {
    dir.closeSync()
  }
  return names
}

const move = (names: Buffer[], from: string, to: string): void => {
  const at = (folder: string, name: Buffer): Buffer => Buffer.concat([Buffer.from(`${folder}/`), name])
  for (const name of names) renameSync(at(from, name), at(to, name))
}

const renew = (old: string, fresh: string, gone: string, ids: Ids): void => {
  const names = namesIn(old)
  if (names === undefined) return
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  if (isRoot()) chownSync(fresh, ids.uid, ids.gid)
  move(names, old, fresh)
  chmodSync(fresh, lstatSync(old).mode & 0o7777)
  renameSync(old, gone)
  renameSync(fresh, old)
  move(namesIn(gone) ?? [], gone, old) // what came meanwhile
  rmdirSync(gone)
}

/**
 * A folder does not shrink: one that has held very many names is slow to look through for ever. So it is made anew, as root, before the doors
 * open, all that is in it moving along; a caller that finds it gone for that moment tries again.
 */
export const renewDrop = (home: string, ids: Ids, log: (line: string) => void): void => {
  const [old, fresh, gone] = [join(home, 'drop'), join(home, 'drop.new'), join(home, 'drop.old')]
  try {
    const stat = lstatSync(old)
    if (!stat.isDirectory() || stat.size < BLOATED_BYTES) return
    renew(old, fresh, gone, ids)
    log(`drop was ${Math.round(stat.size / 1_000_000)} MB large: made anew`)
  } catch (error) {
    log(`warning: unable to make drop anew: ${explain(error)}`)
  }
}
