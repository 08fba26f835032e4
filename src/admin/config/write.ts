import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listOf } from '../../control/read.ts'
import { type Bytes, fsPath, toBuffer } from '../../core/bytes.ts'
import { reason, Temporary } from '../../core/failure.ts'
import { writeFd } from '../../core/fdio.ts'
import { readNamedIfThere } from '../../core/if-there.ts'
import { syncFolder } from '../../os/durable.ts'
import { suiteUser } from '../../os/ids.ts'
import type { PlannedFile } from './plan.ts'

/** `same`: there already. `differs`: there, and it says something else. */
export type Standing = 'new' | 'same' | 'differs'

const MODE = 0o644

/** Where a planned file is: aliases are in the home of the user alias. */
export const pathOf = (home: string, { folder, name }: PlannedFile): Bytes =>
  join(folder === 'alias' ? suiteUser(home, 'alias').home : join(home, 'control'), name)

/** How a file stands to its plan; comments do not count. Unreadable: Temporary. */
export const standing = (path: Bytes, lines: readonly Bytes[]): Standing => {
  const text = readNamedIfThere(fsPath(path), path)
  if (text === undefined) return 'new'
  const there = listOf(text)
  return there.length === lines.length && there.every((line, n) => line === lines[n]) ? 'same' : 'differs'
}

/**
 * Puts a file there, durably and in one step; one that has come to be there meanwhile is replaced only if `isToReplace`. The folder may be another user's, so
 * nothing that lies there is followed or written to. Throws Temporary.
 */
export const putFile = (path: Bytes, lines: readonly Bytes[], isToReplace: boolean): void => {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const fd = openSync(fsPath(temporary), 'wx', MODE)
    try {
      writeFd(fd, toBuffer(lines.map((line) => `${line}\n`).join('')))
      fsyncSync(fd)
      if (isToReplace) renameSync(fsPath(temporary), fsPath(path))
      else linkSync(fsPath(temporary), fsPath(path))
    } finally {
      closeSync(fd)
      rmSync(fsPath(temporary), { force: true })
    }
    syncFolder(dirname(path))
  } catch (error) {
    throw new Temporary(`unable to write ${path}: ${reason(error)}`, { cause: error })
  }
}
