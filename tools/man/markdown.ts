/** The Markdown of man/: headings, paragraphs, lists, code blocks, tables of two columns, and nothing else. What it does not know is an error, not text. */

export type Block =
  | { kind: 'title' | 'section' | 'part' | 'paragraph'; text: string }
  | { kind: 'list'; items: string[] }
  /** `info`: what stands after the opening fence. */
  | { kind: 'code'; info: string; lines: string[] }
  | { kind: 'table'; rows: [string, string][] }

const HEADINGS = { '#': 'title', '##': 'section', '###': 'part' } as const

/** The cells of a line of a table; a bar with a backslash before it is a bar. */
const cellsOf = (line: string): string[] =>
  line
    .slice(1, line.endsWith('|') ? -1 : undefined)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))

const tableOf = (lines: string[]): Block => {
  if (!/^\| --- \| --- \|$/.test(lines[1] ?? '')) throw new Error(`a table needs | --- | --- | as second line, not ${lines[1]}`)
  const rows = lines.slice(2).map((line): [string, string] => {
    const [left, right, more] = cellsOf(line)
    if (left === undefined || right === undefined || more !== undefined) throw new Error(`not two columns: ${line}`)
    return [left, right]
  })
  return { kind: 'table', rows }
}

/** A list's items; a line with two blanks before it goes on with the item above. */
const listOf = (lines: string[]): Block => {
  const items: string[] = []
  for (const line of lines) {
    if (line.startsWith('* ')) items.push(line.slice(2))
    else if (line.startsWith('  ')) items.push(`${items.pop()} ${line.trim()}`)
    else throw new Error(`neither an item nor the next line of one: ${line}`)
  }
  return { kind: 'list', items }
}

/** Lines without an empty one between them, outside of code. */
const blockOf = (lines: string[]): Block => {
  const [first = ''] = lines
  const heading = /^(#+) (.+)$/.exec(first)
  if (heading) {
    const kind = HEADINGS[heading[1] as keyof typeof HEADINGS]
    if (kind === undefined || lines.length > 1) throw new Error(`not a heading of its own: ${first}`)
    return { kind, text: heading[2] ?? '' }
  }
  if (first.startsWith('|')) return tableOf(lines)
  if (first.startsWith('* ')) return listOf(lines)
  if (/^( |[-+>] |\d+\. )/.test(first)) throw new Error(`this Markdown is not known here: ${first}`)
  return { kind: 'paragraph', text: lines.join(' ') }
}

/** Throws Error, in words for people, for what is not the Markdown of man/. */
export const parse = (text: string): Block[] => {
  const odd = /[^\n\x20-\x7e]/.exec(text)
  if (odd) throw new Error(`only ASCII, without tabs: ${JSON.stringify(text.slice(odd.index, odd.index + 20))}`)
  const [blocks, lines]: [Block[], string[]] = [[], []]
  let code: (Block & { kind: 'code' }) | undefined
  for (const line of [...text.split('\n'), '']) {
    if (line.startsWith('```')) {
      if (code) blocks.push(code)
      code = code ? undefined : { kind: 'code', info: line.slice(3).trim(), lines: [] }
    } else if (code) code.lines.push(line)
    else if (line !== '') lines.push(line)
    if (lines.length > 0 && (line === '' || code)) blocks.push(blockOf(lines.splice(0)))
  }
  if (code) throw new Error('a code block without its end')
  return blocks
}
