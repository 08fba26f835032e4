import type { Bytes } from '../core/bytes.ts'

/** One command line, taken apart (spec network.md 1.5). */
export interface Command {
  /** In lower case. */
  verb: Bytes
  /** The rest of the line, without the spaces before it. */
  argument: Bytes
}

/** Takes a line apart: without its LF, but with the CR that may stand before that. What follows a NUL does not count. */
export const parseCommand = (line: Bytes): Command => {
  const nul = line.indexOf('\0')
  const end = nul >= 0 ? nul : line.endsWith('\r') ? line.length - 1 : line.length
  const space = line.indexOf(' ')
  if (space < 0 || space >= end) return { verb: line.slice(0, end).toLowerCase(), argument: '' }
  let start = space + 1
  while (start < end && line.charCodeAt(start) === 0x20) start++
  return { verb: line.slice(0, space).toLowerCase(), argument: line.slice(start, end) }
}
