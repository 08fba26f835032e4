import type { Bytes } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { unquoted } from '../format/token822.ts'
import { atLine, listName } from './alias-file.ts'
import { type Item, itemsOf } from './items.ts'
import { listEntry } from './mail-list.ts'
import { type Domains, hasDomain, qualify } from './qualify.ts'

const entryOf = (item: Item, domains: Domains): Bytes => {
  if (item.kind === 'include') return `${listName(item.file)}\0`
  const text = unquoted(item.tokens)
  if (text === '') return ''
  if (!hasDomain(item.tokens) && /^[/|]/.test(text)) throw new Temporary(`${text[0] === '/' ? 'files' : 'programs'} are not allowed in mailing lists`)
  if (/[\n\0]/.test(text)) throw new Temporary('newlines and NUL bytes are not permitted')
  if (/[ \t]$/.test(text)) throw new Temporary('blanks at the end of addresses are not permitted')
  return listEntry(`&${qualify(item.tokens, domains)}`)
}

const lineEntries = (line: Bytes, domains: Domains): Bytes => {
  const items = itemsOf(line, true)
  if (items === undefined) throw new Temporary(`unable to parse this line: ${line}`)
  return items.map((item) => entryOf(item, domains)).join('')
}

/** The binary list for the text of an :include: file (spec local-delivery.md 8.6). Temporary, naming the line, when one is wrong. */
export const listOfInclude = (file: Bytes, text: Bytes, domains: Domains): Bytes =>
  text
    .split('\n')
    .map((line, i) => (line.startsWith('#') ? '' : atLine(file, i + 1, () => lineEntries(line, domains))))
    .join('')
