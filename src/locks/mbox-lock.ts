import { closeSync, fstatSync, statSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { type DotLock, takeDotLock } from './dot-lock.ts'
import { type FlockResult, flock } from './flock.ts'

/** An mbox that is open and ours. */
export interface LockedMbox {
  fd: number
  /** False where flock does not work at all: then nobody promises that others keep away. */
  isFlocked: boolean
  /** Closes it and lets others in. */
  release: () => void
}

/** A device or FIFO that stands in for an mbox has no lock file. */
const takesDotLock = (path: Bytes): boolean => statSync(fsPath(path), { throwIfNoEntry: false })?.isFile() ?? true

/** Is the open file still the one of that name? Whoever rewrites an mbox may have put another in its place while we waited. */
const isCurrent = (path: Bytes, fd: number): boolean => {
  const [open, named] = [fstatSync(fd), statSync(fsPath(path), { throwIfNoEntry: false })]
  return named !== undefined && open.ino === named.ino && open.dev === named.dev
}

const openLocked = (path: Bytes, open: () => number, deadline: number): { fd: number; result: FlockResult } => {
  for (;;) {
    const fd = open()
    let keep = false
    try {
      const result = flock(fd, Math.max(0, Math.ceil((deadline - Date.now()) / 1000)))
      keep = result !== 'locked' || isCurrent(path, fd)
      if (keep) return { fd, result }
    } finally {
      if (!keep) closeSync(fd)
    }
  }
}

const held = (dot: DotLock): (() => void) => (typeof dot === 'object' ? dot.release : () => {})

/**
 * Opens an mbox and takes both its locks, the lock file of the customary name where one can be made, then an flock, waiting at most
 * `seconds`; undefined when somebody kept one of them all that time. Throws what `open` throws.
 */
export const lockMbox = (path: Bytes, open: () => number, seconds: number): LockedMbox | undefined => {
  const deadline = Date.now() + seconds * 1000
  const dot = takesDotLock(path) ? takeDotLock(path, deadline) : 'none'
  if (dot === 'busy') return undefined
  const release = held(dot)
  try {
    const { fd, result } = openLocked(path, open, deadline)
    const end = (): void => {
      closeSync(fd)
      release()
    }
    if (result !== 'busy') return { fd, isFlocked: result === 'locked', release: end }
    end()
    return undefined
  } catch (error) {
    release()
    throw error
  }
}
