import type { Bytes } from '../core/bytes.ts'

/** A line of an alias file with the lines that continue it. */
export interface LogicalLine {
  text: Bytes
  /** Where it begins, counted from 1. */
  number: number
}

/**
 * The logical lines of an alias file (spec local-delivery.md 8.5): a line that begins with a blank continues the one before, over empty
 * lines too; one that begins with `#` is a comment with all that continues it. Unlike in qmail's, a last line without an end counts (11).
 */
export const logicalLines = (text: Bytes): LogicalLine[] => {
  const found: LogicalLine[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const last = found.at(-1)
    if (line === '') continue
    if (last !== undefined && (line.startsWith(' ') || line.startsWith('\t'))) last.text += `\n${line}`
    else found.push({ text: line, number: i + 1 })
  }
  return found.filter((line) => !line.text.startsWith('#'))
}
