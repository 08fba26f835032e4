const LF = '\n'
/** The end of a chunk that the next one may make a `From ` of. */
const UNDECIDED = /(?:F|Fr|Fro|From)$/
const LONGEST_UNDECIDED = 4

/** Is a line, of which `text` is the last part, nothing but `>` so far? `before`: whether it was, before this text. */
const onlyQuotes = (text: string, before: boolean): boolean => {
  let at = text.length
  while (at > 0 && text[at - 1] === '>') at--
  return at === 0 ? before : text[at - 1] === LF
}

/**
 * A message as it stands in an mbox: `>` before each line of zero or more `>` and `From `, LF added to a partial last line, one more LF
 * (spec local-delivery.md 3.9). The added `>` goes behind those that are there already, which makes the same bytes, so a line
 * of any length passes by in one look.
 */
export function* mboxLines(chunks: Iterable<Buffer>): Generator<Buffer> {
  let held = ''
  let isQuotes = true
  let last = LF
  for (const chunk of chunks) {
    const text = held + chunk.toString('latin1')
    if (text === '') continue
    last = text.slice(-1)
    held = UNDECIDED.exec(text.slice(-LONGEST_UNDECIDED))?.[0] ?? ''
    const ready = text.slice(0, text.length - held.length)
    if (ready === '') continue
    yield Buffer.from(ready.replace(isQuotes ? /(?<=(?:^|\n)>*)From /g : /(?<=\n>*)From /g, '>From '), 'latin1')
    isQuotes = onlyQuotes(ready, isQuotes)
  }
  yield Buffer.from(`${held}${last === LF ? '' : LF}${LF}`, 'latin1')
}
