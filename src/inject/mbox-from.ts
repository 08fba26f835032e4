const LF = 0x0a
const QUOTED_FROM = /^>+From /
/** A first line longer than this is no `>From ` line. */
const MAX_LINE_BYTES = 65_536

/** The lines at the start that mail readers leave there: `From ` and, quoted, `>From `. How long they are, those with `>` left out of `kept`. */
const heading = (head: Buffer): { length: number; kept: Buffer[] } => {
  const kept: Buffer[] = []
  let at = 0
  for (let end = head.indexOf(LF); end >= 0; end = head.indexOf(LF, at)) {
    const line = head.subarray(at, end + 1)
    const start = line.toString('latin1', 0, 80)
    if (!start.startsWith('From ') && !QUOTED_FROM.test(start)) break
    if (start.startsWith('From ')) kept.push(line)
    at = end + 1
  }
  return { length: at, kept }
}

/**
 * A message without the `>From ` lines at its start (as from a mailbox, by way of a mail reader): they are no header fields, and would
 * end the header before it began. A `From ` line stays; qmail-inject knows it.
 */
export function* withoutQuotedFrom(source: Iterator<Buffer>): Generator<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  const isOpen = (): boolean => {
    const rest = head.subarray(heading(head).length)
    return !rest.includes(LF) && rest.length < MAX_LINE_BYTES
  }
  while (isOpen()) {
    const next = source.next()
    if (next.done === true) break
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  const { length, kept } = heading(head)
  yield* kept
  if (length < head.length) yield head.subarray(length)
  for (let next = source.next(); next.done !== true; next = source.next()) yield next.value
}
