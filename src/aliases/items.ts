import type { Bytes } from '../core/bytes.ts'
import { type Token, tokenize, unquoted } from '../format/token822.ts'

/** What a line of .forward, aliases or a list names: an address (it may begin with `|` or `/`), or with `include` a list file. */
export type Item = { kind: 'address'; tokens: Token[] } | { kind: 'include'; file: Bytes }

/** Reads a line's tokens from right to left (spec local-delivery.md 6); `pending` is held backwards. */
class LineWalk {
  readonly items: Item[] = []
  readonly #tokens: readonly Token[]
  readonly #withIncludes: boolean
  #at: number
  #pending: Token[] = []
  #wordMayFollow = true

  constructor(tokens: readonly Token[], withIncludes: boolean) {
    this.#tokens = tokens
    this.#withIncludes = withIncludes
    this.#at = tokens.length - 1
  }

  /** False when the line cannot be read. */
  walk(): boolean {
    for (let token = this.#tokens[this.#at]; token !== undefined; token = this.#tokens[this.#at]) {
      this.#at--
      if (!this.#take(token)) return false
    }
    this.#finish()
    return true
  }

  #take(token: Token): boolean {
    switch (token.kind) {
      case ',':
        this.#finish()
        return true
      case ':':
        if (this.#withIncludes) this.#include()
        return true
      case ';':
      case 'comment':
        return true
      case '>':
        return this.#bracketed()
      case '.':
      case '@':
      case '<':
        this.#pending.push(token)
        this.#wordMayFollow = true
        return true
      default:
        if (!this.#wordMayFollow) this.#finish()
        this.#pending.push(token)
        this.#wordMayFollow = false
        return true
    }
  }

  #finish(): void {
    this.#wordMayFollow = true
    if (this.#pending.length > 0) this.items.push({ kind: 'address', tokens: this.#pending.toReversed() })
    this.#pending = []
  }

  /** After the colon at the right of `:include:`, what has been read so far is the file's name. */
  #include(): void {
    const [colon, word] = this.#tokens.slice(Math.max(0, this.#at - 1), this.#at + 1)
    if (colon?.kind !== ':' || word?.kind !== 'atom' || word.text !== 'include') return
    this.items.push({ kind: 'include', file: unquoted(this.#pending.toReversed()) })
    this.#pending = []
    this.#wordMayFollow = true
    this.#at -= 2
  }

  #bracketed(): boolean {
    this.#finish()
    const close = this.#at
    while (this.#tokens[this.#at] !== undefined && this.#tokens[this.#at]?.kind !== '<') this.#at--
    if (this.#at < 0) return false
    this.items.push({ kind: 'address', tokens: this.#tokens.slice(this.#at + 1, close + 1) })
    do this.#at--
    while (['atom', 'quoted', 'comment', '@', '.'].includes(this.#tokens[this.#at]?.kind ?? ''))
    return true
  }
}

/** The items of a line, the rightmost first; undefined when it cannot be read. `withIncludes`: `:include:FILE` is an item of its own. */
export const itemsOf = (line: Bytes, withIncludes: boolean): Item[] | undefined => {
  const tokens = tokenize(line)
  if (tokens === undefined) return undefined
  const walk = new LineWalk(tokens, withIncludes)
  return walk.walk() ? walk.items : undefined
}
