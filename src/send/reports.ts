import type { Bytes } from '../core/bytes.ts'

/** The bytes of a report that count, its first two included. */
const MAX_REPORT_BYTES = 10_000

/** One report of a spawner: the delivery's slot, and `letter` + `text`; a report without a letter has the empty one. */
export interface Report {
  slot: number
  letter: Bytes
  text: Bytes
}

const reportOf = (bytes: Buffer): Report => {
  const body = bytes.toString('latin1', 1, MAX_REPORT_BYTES)
  return { slot: bytes[0] ?? 0, letter: body.slice(0, 1), text: body.slice(1) }
}

/** Cuts reports out of what a spawner says. A report ends at the first NUL after at least one byte: slot 0 is a NUL too (spec queue.md 5.7). */
export class ReportParser {
  #partial: Buffer = Buffer.alloc(0)

  /** The reports complete with these bytes. */
  push(chunk: Buffer): Report[] {
    const reports: Report[] = []
    const held = this.#partial.length
    const bytes = held === 0 ? chunk : Buffer.concat([this.#partial, chunk])
    let start = 0
    for (let end = bytes.indexOf(0, Math.max(held, 1)); end >= 0; end = bytes.indexOf(0, start + 1)) {
      reports.push(reportOf(bytes.subarray(start, end)))
      start = end + 1
    }
    this.#partial = Buffer.from(bytes.subarray(start, start + MAX_REPORT_BYTES))
    return reports
  }
}
