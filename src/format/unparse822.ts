import type { Bytes } from '../core/bytes.ts'
import type { Token } from './token822.ts'

/** Longest line of a rewritten field, its comma counted, its line end not; only commas allow a break (spec injection-admin.md 2.8). */
const MAX_LINE_BYTES = 78

const isWord = ({ kind }: Token): boolean => kind === 'atom' || kind === 'quoted' || kind === 'literal' || kind === 'comment'

const written = ({ kind, text }: Token): Bytes => {
  const escaped = text.replace(/["[\]()\\\r\n]/g, '\\$&')
  switch (kind) {
    case 'quoted':
      return `"${escaped}"`
    case 'literal':
      return `[${escaped}]`
    case 'comment':
      return `(${escaped})`
    default:
      return escaped
  }
}

const spaced = (before: Token | undefined, token: Token): boolean =>
  before !== undefined && (before.kind === ':' || before.kind === ',' || token.kind === '<' || (isWord(before) && isWord(token)))

/** The text in parts that end in a comma (but for the last). */
const parts = (tokens: readonly Token[]): Bytes[] => {
  const found = ['']
  for (const [i, token] of tokens.entries()) {
    const before = tokens[i - 1]
    if (before?.kind === ',') found.push('')
    found[found.length - 1] += (spaced(before, token) ? ' ' : '') + written(token)
  }
  return found
}

/** Tokens on one line, without a line end. */
export const unparseLine = (tokens: readonly Token[]): Bytes => parts(tokens).join('')

/** A field or address list as text: one blank where one is due, folded after commas, ended by LF. */
export const unparse = (tokens: readonly Token[]): Bytes => {
  const lines: Bytes[] = []
  let line = ''
  for (const part of parts(tokens)) {
    if (line !== '' && line.length + part.length > MAX_LINE_BYTES) {
      lines.push(line)
      line = ` ${part}`
    } else line += part
  }
  return `${[...lines, line].join('\n')}\n`
}
