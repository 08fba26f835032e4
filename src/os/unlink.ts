import { lstatSync, unlink, unlinkSync } from 'node:fs'
import { errorCode } from '../core/failure.ts'

/** Removes a file, if there is one. Returns whether it is gone now. One look is cheaper than the exception for a file that is not there. */
export const unlinkGone = (path: string): boolean => {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) unlinkSync(path)
    return true
  } catch (error) {
    return errorCode(error) === 'ENOENT'
  }
}

/** The same for one that is there, or nearly always: looking first would cost more than the exception, now and then. */
export const unlinkThere = (path: string): boolean => {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    return errorCode(error) === 'ENOENT'
  }
}

/** As unlinkThere, in the thread pool: the event loop goes on meanwhile. Never rejects. */
export const unlinkLater = (path: string): Promise<boolean> =>
  new Promise((resolve) => unlink(path, (error) => resolve(error === null || error.code === 'ENOENT')))
