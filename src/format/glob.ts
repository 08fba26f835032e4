import type { Bytes } from '../core/bytes.ts'

/** One thing a pattern stands for: any number of bytes, or one of those the test knows. */
type Piece = 'any' | ((char: string) => boolean)

const setOf = (body: string): ((char: string) => boolean) => {
  const isNegated = body.startsWith('^') || body.startsWith('!')
  const chars = isNegated ? body.slice(1) : body
  const has = (char: string): boolean => {
    for (let i = 0; i < chars.length; i++) {
      const [from, dash, to] = [chars[i] ?? '', chars[i + 1], chars[i + 2]]
      if (dash === '-' && to !== undefined) {
        if (char >= from && char <= to) return true
        i += 2
      } else if (char === from) return true
    }
    return false
  }
  return isNegated ? (char) => !has(char) : has
}

const piecesOf = (pattern: Bytes): Piece[] => {
  const pieces: Piece[] = []
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i)
    const close = char === '[' ? pattern.indexOf(']', i + 2) : -1
    if (char === '*') pieces.push('any')
    else if (char === '?') pieces.push(() => true)
    else if (close > 0) {
      pieces.push(setOf(pattern.slice(i + 1, close)))
      i = close
    } else pieces.push((other) => other === char)
  }
  return pieces
}

/** A pattern of `*`, `?` and `[a-z]` for a whole text. It takes at most the product of both lengths, whatever they are. */
export const glob = (pattern: Bytes): ((text: Bytes) => boolean) => {
  const pieces = piecesOf(pattern)
  return (text) => {
    let [at, n, star, mark] = [0, 0, -1, 0]
    while (at < text.length) {
      const piece = pieces[n]
      if (piece === 'any') {
        star = n++
        mark = at
      } else if (piece?.(text.charAt(at))) {
        at++
        n++
      } else if (star >= 0) {
        n = star + 1
        at = ++mark
      } else return false
    }
    return pieces.slice(n).every((piece) => piece === 'any')
  }
}
