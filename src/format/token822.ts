import type { Bytes } from '../core/bytes.ts'

/** A piece of an RFC 822 structured field. Words hold their text unescaped; a special is its own kind. */
export interface Token {
  kind: 'atom' | 'quoted' | 'literal' | 'comment' | '.' | ',' | '@' | '<' | '>' | ':' | ';'
  text: Bytes
}

const SPECIALS = '.,@<>:;'
const BLANKS = ' \t\r\n'
const ATOM_END = `${BLANKS}(["<>;:@,.`
/** An atom that holds one of these is a quoted string after all. */
const NOT_IN_ATOMS = /[^ -~]|[)\]\\]/

interface Scan {
  token: Token
  end: number
}

/** The special as a token. */
export const special = (kind: Exclude<Token['kind'], 'atom' | 'quoted' | 'literal' | 'comment'>): Token => ({ kind, text: kind })

const enclosed = (text: Bytes, start: number, kind: 'quoted' | 'literal' | 'comment', close: string): Scan | undefined => {
  let word = ''
  let depth = 1
  for (let at = start + 1; at < text.length; at++) {
    const c = text[at]
    if (c === '\\') {
      at++
      if (at === text.length) return undefined
      word += text[at]
    } else if (c === close) {
      depth--
      if (depth === 0) return { token: { kind, text: word }, end: at + 1 }
    } else if (kind === 'comment' && c === '(') depth++
    else word += c
  }
  return undefined
}

const atom = (text: Bytes, start: number): Scan => {
  let word = ''
  let at = start
  for (; at < text.length && !ATOM_END.includes(text[at] as string); at++) {
    if (text[at] === '\\') at++
    word += text[at] ?? ''
  }
  return { token: { kind: NOT_IN_ATOMS.test(word) ? 'quoted' : 'atom', text: word }, end: at }
}

const scan = (text: Bytes, at: number): Scan | undefined => {
  const c = text[at] as string
  if (SPECIALS.includes(c)) return { token: { kind: c as '.', text: c }, end: at + 1 }
  if (c === '(') return enclosed(text, at, 'comment', ')')
  if (c === '"') return enclosed(text, at, 'quoted', '"')
  if (c === '[') return enclosed(text, at, 'literal', ']')
  if (c === ')' || c === ']') return undefined
  return atom(text, at)
}

/** The tokens of a field or an address; undefined when it cannot be read (spec injection-admin.md 2.5). */
export const tokenize = (text: Bytes): Token[] | undefined => {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    if (BLANKS.includes(text[at] as string)) at++
    else {
      const found = scan(text, at)
      if (found === undefined) return undefined
      tokens.push(found.token)
      at = found.end
    }
  }
  return tokens
}

/** An address without quotes, as it stands in envelopes; comments have no part in it. */
export const unquoted = (tokens: readonly Token[]): Bytes =>
  tokens.map(({ kind, text }) => (kind === 'comment' ? '' : kind === 'literal' ? `[${text}]` : text)).join('')
