import { special, type Token } from './token822.ts'

/** Treats one address, even an empty one, and gives back what stands in its place. */
export type Treat = (address: Token[]) => Token[]

/** Walks an address list from right to left; `out` and `pending` are held backwards (spec injection-admin.md 2.6). */
class ListWalk {
  readonly out: Token[] = []
  readonly #tokens: readonly Token[]
  readonly #treat: Treat
  #at: number
  #pending: Token[] = []
  #wordMayFollow = true
  #inGroup = false

  constructor(tokens: readonly Token[], treat: Treat) {
    this.#tokens = tokens
    this.#treat = treat
    this.#at = tokens.length - 1
  }

  /** False when the list is wrong. What was treated by then stays treated. */
  walk(): boolean {
    for (let token = this.#next(); token !== undefined; token = this.#next()) {
      if (!this.#take(token)) return false
    }
    this.#finish()
    return true
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at--]
  }

  #take(token: Token): boolean {
    switch (token.kind) {
      case ',':
        this.#finish()
        this.out.push(token)
        return true
      case ';':
        this.#finishWithComma()
        if (this.#inGroup) return false
        this.#inGroup = true
        this.out.push(token)
        return true
      case ':':
        return this.#groupName(token)
      case '>':
        return this.#bracketed(token)
      case 'comment':
        this.out.push(token)
        return true
      case '.':
      case '@':
      case '<':
        this.#pending.push(token)
        this.#wordMayFollow = true
        return true
      default:
        return this.#word(token)
    }
  }

  #address(backwards: Token[]): void {
    for (const token of this.#treat(backwards.toReversed()).toReversed()) this.out.push(token)
  }

  #finish(): boolean {
    this.#wordMayFollow = true
    if (this.#pending.length === 0) return false
    this.#address(this.#pending)
    this.#pending = []
    return true
  }

  #finishWithComma(): void {
    if (this.#finish()) this.out.push(special(','))
  }

  #word(token: Token): boolean {
    if (!this.#wordMayFollow) this.#finishWithComma()
    this.#pending.push(token)
    this.#wordMayFollow = false
    return true
  }

  #groupName(colon: Token): boolean {
    this.#finish()
    if (!this.#inGroup) return false
    this.#inGroup = false
    this.out.push(colon)
    this.#copyWhile((token) => token.kind !== ',')
    return true
  }

  #bracketed(close: Token): boolean {
    this.#finishWithComma()
    const inside: Token[] = []
    let token = this.#next()
    for (; token !== undefined && token.kind !== '<'; token = this.#next()) inside.push(token)
    this.out.push(close)
    this.#address(inside)
    if (token === undefined) return false
    this.out.push(token)
    this.#copyWhile(({ kind }) => kind === 'comment' || kind === 'atom' || kind === 'quoted' || kind === '@' || kind === '.')
    return true
  }

  #copyWhile(test: (token: Token) => boolean): void {
    for (let token = this.#tokens[this.#at]; token !== undefined && test(token); token = this.#tokens[--this.#at]) this.out.push(token)
  }
}

/** The list with every address treated, the rightmost first; undefined when its syntax is wrong, after treating those right of the error. */
export const treatList = (tokens: readonly Token[], treat: Treat): Token[] | undefined => {
  const walk = new ListWalk(tokens, treat)
  return walk.walk() ? walk.out.reverse() : undefined
}
