import { statfsSync } from 'node:fs'
import { join } from 'node:path'

/** What stays free for the queue's own work, as no message may announce itself into it. */
const RESERVED_BYTES = 64 * 1024 * 1024

/** The queue itself is closed to us; this folder lies on the same disk, unless somebody has mounted one of the two apart. */
const FOLDER = 'drop'

/**
 * Is there room for a message of so many bytes where the queue is (spec modern.md 5.3)? Where that cannot be told, yes: the queue will say when it
 * is full. Never fails.
 */
export const hasRoom = (home: string, bytes: number): boolean => {
  try {
    const { bavail, bsize } = statfsSync(join(home, FOLDER))
    return bytes + RESERVED_BYTES <= bavail * bsize
  } catch {
    return true
  }
}
