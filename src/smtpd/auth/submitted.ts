import type { Bytes } from '../../core/bytes.ts'
import { date822, dateStamp } from '../../format/date822.ts'
import type { Submission } from '../../submit/submission.ts'

/** A header is held back until its end, but not more of it: a longer one passes as it is. */
export const MAX_HEADER_BYTES = 65_536

let messages = 0

/** The fields that a header lacks (RFC 6409 8.2, 8.3). */
const missingFields = (header: Bytes, idHost: Bytes, milliseconds: number): Bytes => {
  const date = /^date[ \t]*:/im.test(header) ? '' : `Date: ${date822(milliseconds)}\n`
  return /^message-id[ \t]*:/im.test(header) ? date : `${date}Message-ID: <${dateStamp(milliseconds)}.${process.pid}.${++messages}.qmail@${idHost}>\n`
}

/** Where the header ends: behind its last line; undefined: not yet. */
const endOf = (text: Bytes, from: number): number | undefined => {
  if (text.startsWith('\n')) return 0
  const end = text.indexOf('\n\n', Math.max(0, from - 1))
  return end < 0 ? undefined : end + 1
}

/** What is known of the header of a submitted message, once it has passed. */
export interface SeenHeader {
  /** Its fields, as text; undefined: it was too long to tell. */
  header: Bytes | undefined
}

/**
 * A way into the queue that gives a submitted message the Date and Message-ID it lacks, before its own fields and below ours: the first piece is our own field (spec modern.md
 * 2.4). Nothing else is changed.
 */
export const completed = (submission: Submission, idHost: Bytes, now: () => number): { submission: Submission; seen: SeenHeader } => {
  const seen: SeenHeader = { header: undefined }
  let [isFirst, isPast] = [true, false]
  let text = ''
  /** Hands on what was held, with what it lacks before it. */
  const release = (header: Bytes | undefined): Promise<void> | undefined => {
    isPast = true
    seen.header = header
    const fields = header === undefined ? '' : missingFields(header, idHost, now())
    const held = Buffer.from(fields + text, 'latin1')
    text = ''
    return held.length === 0 ? undefined : submission.write(held)
  }
  const hold = (chunk: Buffer): Promise<void> | undefined => {
    const before = text.length
    text += chunk.toString('latin1')
    const end = endOf(text, before)
    if (end !== undefined) return release(text.slice(0, end))
    return text.length > MAX_HEADER_BYTES ? release(undefined) : undefined
  }
  const write = (chunk: Buffer): Promise<void> | undefined => {
    if (!isFirst && !isPast) return hold(chunk)
    isFirst = false
    return submission.write(chunk)
  }
  return {
    seen,
    submission: {
      get qp() {
        return submission.qp
      },
      write,
      finish: async (...envelope) => {
        if (!isPast) await release(text)
        return submission.finish(...envelope)
      },
      abort: () => submission.abort()
    }
  }
}
