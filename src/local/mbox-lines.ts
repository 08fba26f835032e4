const LF = '\n'
/** The end of a chunk that the next one may turn into a From_ line, or out of one. */
const UNDECIDED = />*(?:F(?:r(?:o(?:m)?)?)?)?$/

/**
 * A message as it stands in an mbox: `>` before each line of zero or more `>` and `From `, LF added to a partial last line, one more LF
 * (spec local-delivery.md 3.9).
 */
export function* mboxLines(chunks: Iterable<Buffer>): Generator<Buffer> {
  let held = ''
  let atLineStart = true
  let last = LF
  for (const chunk of chunks) {
    const text = held + chunk.toString('latin1')
    if (text === '') continue
    last = text.slice(-1)
    const tail = UNDECIDED.exec(text)?.[0] ?? ''
    const before = text.length - tail.length
    held = (before === 0 ? atLineStart : text[before - 1] === LF) ? tail : ''
    const ready = text.slice(0, text.length - held.length)
    if (ready === '') continue
    yield Buffer.from(ready.replace(atLineStart ? /(?<=^|\n)(?=>*From )/g : /(?<=\n)(?=>*From )/g, '>'), 'latin1')
    atLineStart = ready.endsWith(LF)
  }
  yield Buffer.from(`${held}${last === LF ? '' : LF}${LF}`, 'latin1')
}
