import { readdirSync, readFileSync } from 'node:fs'
import type { Bytes } from './bytes.ts'
import { errorCode, reason, Temporary } from './failure.ts'

const ifThere = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The text of a file; undefined when there is none. Throws system errors. */
export const readIfThere = (path: string | Buffer): Bytes | undefined => ifThere(() => readFileSync(path, 'latin1'))

/** The same, where what goes wrong is Temporary: `unable to read NAME`, and why. */
export const readNamedIfThere = (path: string | Buffer, name: Bytes): Bytes | undefined => {
  try {
    return readIfThere(path)
  } catch (error) {
    throw new Temporary(`unable to read ${name}: ${reason(error)}`, { cause: error })
  }
}

/** The names in a folder; none when there is no such folder. Throws system errors. */
export const namesIfThere = (folder: string): string[] => ifThere(() => readdirSync(folder)) ?? []
