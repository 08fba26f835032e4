import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { shellQuoted } from '../format/quote.ts'
import { type Token, tokenize } from '../format/token822.ts'
import { type Aliases, aliasesOf, aliasRecords, atLine, recipientOf } from './alias-file.ts'
import type { LogicalLine } from './logical-lines.ts'
import type { Domains } from './qualify.ts'
import { type SendmailItem, sendmailItems } from './sendmail-items.ts'

/** Mail for this file is thrown away. */
const NOWHERE = '/dev/null'

/** The entries of an alias file as sendmail joins them: a comment or an empty line ends one, a trailing backslash goes on with the next line. */
const entries = (text: Bytes): LogicalLine[] => {
  const found: LogicalLine[] = []
  let isOpen = false
  for (const [i, line] of text.replaceAll('\\\n', '\n ').split('\n').entries()) {
    const last = found.at(-1)
    if (line.trim() === '' || line.startsWith('#')) isOpen = false
    else if (isOpen && last !== undefined && /^[ \t]/.test(line)) last.text += `\n${line}`
    else {
      found.push({ text: line, number: i + 1 })
      isOpen = true
    }
  }
  return found
}

/** An item as a command of fastforward's: files by way of delivermbox, lists as text, programs with the lines preline adds. */
export const commandOf = (home: string, item: SendmailItem, domains: Domains): Bytes => {
  if (item.kind === 'address') return recipientOf(item.tokens, domains)
  if (item.kind === 'include') return item.argument.startsWith('/') ? item.argument : `./${item.argument}`
  if (item.kind === 'program') return `!${item.argument}`
  return item.argument === NOWHERE ? '|exit 0' : `|exec ${join(home, 'bin', 'delivermbox')} ${shellQuoted(item.argument)}`
}

/** Where the colon after the target is: the first outside quotes. */
const colonIn = (line: Bytes): number => /^(?:[^":]|"(?:[^"\\]|\\[\s\S])*")*:/.exec(line)?.[0].length ?? 0

const targetOf = (text: Bytes): Token[] | undefined => tokenize(text)?.filter(({ kind }) => kind !== 'comment')

const entryRecords = (home: string, line: Bytes, domains: Domains): [Bytes, Bytes][] => {
  const colon = colonIn(line)
  const [target, items] = [targetOf(line.slice(0, Math.max(0, colon - 1))), sendmailItems(line.slice(colon))]
  if (colon === 0 || !target?.length || !items?.length) throw new Temporary(`unable to parse this line: ${line}`)
  return aliasRecords(
    target,
    items.map((item) => commandOf(home, item, domains)),
    domains
  )
}

/** As readAliases, read as sendmail reads it (spec local-delivery.md 9; control/sendmailaliases). */
export const readSendmailAliases = (home: string, file: Bytes, text: Bytes, domains: Domains): Aliases =>
  aliasesOf(entries(text).flatMap((entry) => atLine(file, entry.number, () => entryRecords(home, entry.text, domains))))
