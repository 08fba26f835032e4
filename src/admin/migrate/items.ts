import type { Bytes } from '../../core/bytes.ts'
import { bare, partsOf } from '../../format/alias-parts.ts'
import { shellQuoted } from '../../format/quote.ts'
import type { Delivery, Found } from './found.ts'
import { forwardTo } from './found.ts'
import type { Source } from './source.ts'

/** The address of `Name <address>` or `address (comment)`. */
const addressIn = (part: Bytes): Bytes => /<([^<>]*)>\s*$/.exec(part)?.[1] ?? part.replace(/\([^()]*\)/g, '').trim()
/** How deep lists may name lists. */
const MAX_DEPTH = 5

/** Lines of a .qmail file for the right side of an alias or of a virtual address; `where` is named in remarks. */
export const deliveryOf = (source: Source, found: Found, text: Bytes, where: string, depth = 0): Delivery => {
  const lines: Delivery = []
  const remark = (what: string): void => void found.remarks.push(`${where}: ${what}`)
  for (const raw of partsOf(text)) {
    const part = bare(raw)
    const include = /^:include:\s*(.+)$/i.exec(part)?.[1]
    if (include !== undefined) lines.push(...included(source, found, bare(include), where, depth))
    else if (part.startsWith('|')) {
      // programs of .qmail files get no From_ line by themselves
      lines.push(`|preline sh -c ${shellQuoted(bare(part.slice(1).trim()))}`)
      remark(`the program ${part.slice(1).trim()} will run as the user alias`)
    } else if (part === '/dev/null') lines.push('# nowhere')
    else if (part.startsWith('/')) {
      lines.push(part)
      remark(`the file ${part} has to be one that the user alias can write`)
    } else {
      const forward = forwardTo(found, addressIn(raw))
      if (forward === undefined) remark(`cannot be carried over: ${raw}`)
      else lines.push(forward)
    }
  }
  return lines
}

const included = (source: Source, found: Found, file: Bytes, where: string, depth: number): Delivery => {
  const text = source.text(file)
  if (text === undefined || depth >= MAX_DEPTH) {
    found.remarks.push(`${where}: the list ${file} cannot be read`)
    return []
  }
  found.remarks.push(`${where}: the list ${file} is copied as it is now; from now on its members stand in the .qmail file`)
  return source.lines(file).flatMap((line) => deliveryOf(source, found, line, where, depth + 1))
}
