import type { Bytes } from '../core/bytes.ts'

/** The parts of an alias's right side: between commas outside quotes, comments and brackets, without the blanks around them; empty ones do not count. */
export const partsOf = (text: Bytes): Bytes[] => {
  const parts = ['']
  let [depth, isQuoted] = [0, false]
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string
    const last = parts.length - 1
    if (c === '\\') {
      parts[last] += c + (text[++at] ?? '')
      continue
    }
    if (c === '"') isQuoted = !isQuoted
    else if (!isQuoted && '(<'.includes(c)) depth++
    else if (!isQuoted && ')>'.includes(c)) depth--
    if (c === ',' && !isQuoted && depth <= 0) parts.push('')
    else parts[last] += c
  }
  return parts.map((part) => part.trim()).filter(Boolean)
}

/** A part that is quoted as a whole, without its quotes; else as it is. */
export const bare = (part: Bytes): Bytes => (/^"(?:[^"\\]|\\[\s\S])*"$/.test(part) ? part.slice(1, -1).replace(/\\([\s\S])/g, '$1') : part)
