import type { Bytes } from '../core/bytes.ts'
import { notesOnOne, parseNotes } from '../queue/notes.ts'
import { MOST_TOGETHER, NEEDS_FILE } from '../queue/spawnproto.ts'
import { recipientsOf, type Together } from '../spawn/spawner.ts'
import type { RemotePool } from './pool.ts'
import { reportsOn } from './report.ts'

/**
 * Deliveries to several recipients: one conversation of the resident qmail-remote; when another program has taken its place, it is run for one recipient after
 * another. `gear`: which resident to use, undefined: none.
 */
export const deliverTogether = (pool: RemotePool, gear: () => string | undefined): Together => ({
  most: MOST_TOGETHER,
  deliver: async (job, alone, say) => {
    const recipients = recipientsOf(job)
    const version = gear()
    if (version !== undefined) return reportsOn(await pool.deliver(job, version), recipients.length, job.notes !== undefined)
    const notes = job.notes === undefined ? undefined : parseNotes(job.notes)
    let last: Bytes | undefined
    for (const [n, recipient] of recipients.entries()) {
      if (last !== undefined) say(last)
      last = await alone(recipient, notes && notesOnOne(notes, n))
      if (last === NEEDS_FILE) break
    }
    return last === undefined ? [] : [last]
  }
})
