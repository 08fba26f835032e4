import type { Bytes } from '../core/bytes.ts'
import { bare, partsOf } from '../format/alias-parts.ts'
import type { Token } from '../format/token822.ts'
import { itemsOf } from './items.ts'

/** What sendmail reads in a list of recipients (spec local-delivery.md 9). */
export type SendmailItem = { kind: 'address'; tokens: Token[] } | { kind: 'program' | 'file' | 'include'; argument: Bytes }

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
