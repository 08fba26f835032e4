import { statSync, unlinkSync } from 'node:fs'
import { errorCode } from '../core/failure.ts'

/** Is there a file of this name? Throws system errors other than ENOENT. */
export const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** Removes a file. Returns whether it is gone now; one that was not there is. */
export const unlinkGone = (path: string): boolean => {
  try {
    if (exists(path)) unlinkSync(path)
    return true
  } catch (error) {
    return errorCode(error) === 'ENOENT'
  }
}

/** A file's time of change in Unix seconds. */
export const mtimeSeconds = (stat: { mtimeMs: number }): number => Math.floor(stat.mtimeMs / 1000)
