import { closeSync, openSync } from 'node:fs'
import { lockSync } from 'proper-lockfile'
import { errorCode, Temporary } from '../core/failure.ts'
import { flock } from './flock.ts'

/** Far above any pause of a healthy daemon; a lock left by a crash is taken over after it. */
const STALE_MILLISECONDS = 120_000

/**
 * Takes the lock that only one process of its kind may hold, for as long as this process lives. Returns false when another has it.
 * It is a flock, as qmail's tools expect; where there is none (no flock program, or a file system without), a lock folder beside the file.
 * Throws system errors of opening the file (its caller words them) and Temporary if the lock was taken from us later.
 */
export const holdForLife = (file: string): boolean => {
  const fd = openSync(file, 'r+')
  const result = flock(fd, 0)
  if (result === 'locked') return true
  closeSync(fd)
  if (result === 'busy') return false
  try {
    lockSync(file, {
      stale: STALE_MILLISECONDS,
      realpath: false,
      onCompromised: () => {
        throw new Temporary(`lost the lock on ${file}`)
      }
    })
    return true
  } catch (error) {
    if (errorCode(error) === 'ELOCKED') return false
    throw error
  }
}
