import { type Bytes, lower } from '../core/bytes.ts'
import { Permanent, Temporary } from '../core/failure.ts'
import { type Token, unquoted } from '../format/token822.ts'
import { type Item, itemsOf } from './items.ts'
import { logicalLines } from './logical-lines.ts'
import { type Domains, hasDomain, qualify } from './qualify.ts'

type Records = [Bytes, Bytes][]

/** Longer addresses would not be read back. */
const MAX_ADDRESS_BYTES = 800
const OWNER = 'owner-'

/** The name of a list file as fastforward takes it: with `.` or `/` first. Empty: Temporary. */
export const listName = (file: Bytes): Bytes => {
  if (file === '') throw new Temporary('empty :include: file name')
  return /^[./]/.test(file) ? file : `./${file}`
}

/** An address complete, with `&` first. Permanent when it is too long. */
export const recipientOf = (address: readonly Token[], domains: Domains): Bytes => {
  const text = qualify(address, domains)
  if (text.length > MAX_ADDRESS_BYTES) throw new Permanent('addresses must be under 800 bytes')
  return `&${text}`
}

/** A program as an item says it; undefined when it is an address after all. A file: Temporary. */
const programOf = (address: readonly Token[]): Bytes | undefined => {
  const text = unquoted(address)
  if (text === '') throw new Temporary('empty address')
  if (hasDomain(address)) return undefined
  if (text.startsWith('/')) throw new Temporary(`file delivery to ${text} is not supported; control/sendmailaliases says how it is`)
  return text.startsWith('|') ? `!${text.slice(1)}` : undefined
}

/** Splits a line's items, the rightmost first: the last address is the target, all else are its commands. */
const targetAndCommands = (items: readonly Item[], domains: Domains): { target: Token[] | undefined; commands: Bytes[] } => {
  const commands: Bytes[] = []
  let held: Token[] | undefined
  for (const item of items) {
    const program = item.kind === 'address' ? programOf(item.tokens) : undefined
    if (item.kind === 'include') commands.push(`${listName(item.file)}.bin`)
    else if (program !== undefined) commands.push(program)
    else {
      if (held !== undefined) commands.push(recipientOf(held, domains))
      held = item.tokens
    }
  }
  return { target: held, commands }
}

/** The records of one alias: that of its target, before it that of the list it owns, if it says so. */
export const aliasRecords = (target: readonly Token[], commands: readonly Bytes[], domains: Domains): Records => {
  const text = unquoted(target)
  const name = hasDomain(target) ? text : `${text}@`
  const record: [Bytes, Bytes] = [`:${lower(name)}`, commands.map((command) => `${command}\0`).join('')]
  if (!name.startsWith(OWNER)) return [record]
  return [[`?${lower(name.slice(OWNER.length))}`, qualify(target, domains)], record]
}

const lineRecords = (line: Bytes, domains: Domains): Records => {
  const items = itemsOf(line, true)
  const { target, commands } = items ? targetAndCommands(items, domains) : { target: undefined, commands: [] }
  if (target === undefined || commands.length === 0) throw new Temporary(`unable to parse this line: ${line}`)
  return aliasRecords(target, commands, domains)
}

/** What was made of an alias file, for newaliases to say. */
export interface Aliases {
  records: Records
  count: number
  longestBytes: number
  totalBytes: number
}

/** Adds to a failure the number of the line it is about. */
export const atLine = <T>(file: Bytes, number: number, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    const text = `${file} line ${number}: ${error instanceof Error ? error.message : String(error)}`
    throw error instanceof Permanent ? new Permanent(text, { cause: error }) : new Temporary(text, { cause: error })
  }
}

/** Counts what the records are. */
export const aliasesOf = (records: Records): Aliases => {
  const sizes = records.filter(([key]) => key.startsWith(':')).map(([, data]) => data.length - 1)
  return { records, count: sizes.length, longestBytes: sizes.reduce((most, n) => Math.max(most, n), 0), totalBytes: sizes.reduce((sum, n) => sum + n, 0) }
}

/** The records of an alias file (spec local-delivery.md 8.5), and how many there are. Temporary or Permanent, naming the line, when one is wrong. */
export const readAliases = (file: Bytes, text: Bytes, domains: Domains): Aliases =>
  aliasesOf(logicalLines(text).flatMap((line) => atLine(file, line.number, () => lineRecords(line.text, domains))))
