import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { listOf } from '../control/read.ts'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'

/** The list in a file that the environment names, relative to the caller's folder. Missing, or that folder gone: undefined. Unreadable: Temporary. */
export const ownList = (file: Bytes | undefined): Bytes[] | undefined => {
  if (!file) return undefined
  try {
    return listOf(readFileSync(fsPath(resolve(file)), 'latin1'))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new Temporary(`unable to read ${file}: ${reason(error)}`, { cause: error })
  }
}
