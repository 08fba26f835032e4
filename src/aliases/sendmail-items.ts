import type { Bytes } from '../core/bytes.ts'
import type { Token } from '../format/token822.ts'
import { itemsOf } from './items.ts'

/** What sendmail reads in a list of recipients (spec local-delivery.md 9). */
export type SendmailItem = { kind: 'address'; tokens: Token[] } | { kind: 'program' | 'file' | 'include'; argument: Bytes }

/** The parts between commas that stand outside quotes, comments and brackets, without the blanks around them; empty ones do not count. */
const partsOf = (text: Bytes): Bytes[] => {
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
const bare = (part: Bytes): Bytes => (/^"(?:[^"\\]|\\[\s\S])*"$/.test(part) ? part.slice(1, -1).replace(/\\([\s\S])/g, '$1') : part)

const itemsIn = (part: Bytes): SendmailItem[] | undefined => {
  const text = bare(part)
  if (text.startsWith('|')) return [{ kind: 'program', argument: bare(text.slice(1).trim()) }]
  if (text.startsWith('/')) return [{ kind: 'file', argument: text }]
  const include = /^:include:\s*(.+)$/i.exec(text)?.[1]
  if (include !== undefined) return [{ kind: 'include', argument: bare(include) }]
  return itemsOf(part, false)
    ?.flatMap((item): SendmailItem[] => (item.kind === 'address' ? [item] : []))
    .reverse()
}

/** The items of a list as sendmail reads it, in their order; undefined when a part of it cannot be read. */
export const sendmailItems = (text: Bytes): SendmailItem[] | undefined => {
  const found: SendmailItem[] = []
  for (const part of partsOf(text)) {
    const items = itemsIn(part)
    if (items === undefined) return undefined
    found.push(...items)
  }
  return found
}
