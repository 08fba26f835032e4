import { type Stats, statSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { checkEnterable } from './files.ts'

const WORLD_WRITABLE = 0o2
const STICKY = 0o1000

const enter = (homedir: Bytes): Stats => {
  try {
    const stat = statSync(fsPath(homedir))
    checkEnterable(homedir, stat)
    return stat
  } catch (error) {
    throw new Temporary(`Unable to switch to ${homedir}: ${reason(error)}. (#4.3.0)`, { cause: error })
  }
}

/**
 * May mail be delivered by what this home says? Temporary if it cannot be entered, is writable by all, or is sticky: its owner is
 * editing (spec local-delivery.md 3.1). Returns true when it is sticky and `describe` only wants to know.
 */
export const checkHome = (homedir: Bytes, describe: boolean): boolean => {
  const { mode } = enter(homedir)
  if (mode & WORLD_WRITABLE) throw new Temporary('Uh-oh: home directory is writable. (#4.7.0)')
  if (mode & STICKY && !describe) throw new Temporary('Home directory is sticky: user is editing his .qmail file. (#4.2.1)')
  return (mode & STICKY) !== 0
}
