import { statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { isOwn } from '../os/own.ts'
import { Gear } from '../spawn/gear.ts'
import { programFile } from '../spawn/own-program.ts'

/** Is there surely no program of that name in a folder? A folder we may not look into may hold one. */
const isAbsentFrom = (folder: Bytes): boolean => {
  try {
    return statSync(join(folder, 'qmail-remote'), { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

/** Would `qmail-remote`, looked up in PATH, be the file in our bin/? In doubt: no. */
const isOursInPath = (home: string, path: Bytes): boolean => {
  const ours = join(home, 'bin')
  const folder = path.split(':').find((one) => (isAbsolute(one) && join(one, '.') === ours) || !isAbsentFrom(one === '' ? '.' : one))
  return folder !== undefined && isAbsolute(folder) && join(folder, '.') === ours
}

/** Is what PATH and $QMAILREMOTE name the file in our bin/? */
const namesOurs = (home: string, env: Env): boolean => env.QMAILREMOTE === undefined && env.PATH !== undefined && isOursInPath(home, env.PATH)

/** Is the qmail-remote that is run for a delivery the suite's own? What its sender demands of TLS is not for others. */
export const isOwnRemote = (home: string, env: Env): boolean => namesOurs(home, env) && isOwn(programFile(home, 'qmail-remote'), 'qmail-remote')

/**
 * Chooses the gear for one delivery after another. The result says which version of the suite's own qmail-remote may be kept
 * resident; undefined: whatever PATH and $QMAILREMOTE name must be run for each delivery, a wrapper for one (docs/internals.md, Two gears).
 */
export const gearChooser = (home: string, env: Env, firstgear: readonly string[] | undefined): (() => string | undefined) => {
  const gear = new Gear(home, 'qmail-remote', firstgear)
  return () => (namesOurs(home, env) ? gear.now() : undefined)
}
