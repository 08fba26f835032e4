import { closeSync, fstatSync, openSync } from 'node:fs'
import { type Bytes, fsPath, lower, splitAddress } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { readAll } from '../core/fdio.ts'
import { entriesOf } from './mail-list.ts'

/** A table as setforward makes it. */
export interface ForwardTable {
  get(key: Bytes): Bytes | undefined
}

/** The longest recipient that counts, with its `&`. */
const TOO_LONG_ENTRY_BYTES = 900
/** All may read a list: otherwise it may be one that is not meant to be read. */
const READABLE = 0o444

/** The names a target may have in the table, the most exact first. */
const targetsOf = (address: Bytes): Bytes[] => {
  const { box, host } = splitAddress(address)
  return host === undefined ? [address] : [address, `@${host}`, `${box}@`]
}

const lookUp = (table: ForwardTable, kind: ':' | '?', target: Bytes): Bytes | undefined => table.get(kind + lower(target))

/** A record for an address, its own or one for its whole host or user: `:` its commands, `?` its owner (spec local-delivery.md 8.2). */
export const findTarget = (table: ForwardTable, kind: ':' | '?', address: Bytes): Bytes | undefined =>
  targetsOf(address).reduce<Bytes | undefined>((found, target) => found ?? lookUp(table, kind, target), undefined)

const listIn = (file: Bytes): Bytes => {
  const fd = openSync(fsPath(file), 'r')
  try {
    if ((fstatSync(fd).mode & READABLE) !== READABLE) throw new Error('not readable by all')
    return readAll(fd).toString('latin1')
  } finally {
    closeSync(fd)
  }
}

/** The entries of a binary list file. Temporary when it cannot be read. */
export const entriesIn = (file: Bytes): Bytes[] => {
  try {
    return entriesOf(listIn(file))
  } catch (error) {
    throw new Temporary(`unable to read ${file}: ${reason(error)}`, { cause: error })
  }
}

/** How lists are read and programs run while a record is expanded. */
export interface ExpandWays {
  runProgram: (command: Bytes) => Promise<void>
  /** Throws Temporary. */
  entriesIn: (file: Bytes) => Bytes[]
  /** May this list name programs? A binary one may not. */
  withPrograms: (file: Bytes) => boolean
}

/** Works commands off, by way of a stack; programs run at once. */
class Expansion {
  readonly final: Bytes[] = []
  readonly #table: ForwardTable
  readonly #ways: ExpandWays
  readonly #stack: Bytes[] = []
  readonly #seen = new Set<Bytes>()

  constructor(table: ForwardTable, ways: ExpandWays) {
    this.#table = table
    this.#ways = ways
  }

  async execute(commands: readonly Bytes[]): Promise<void> {
    for (const command of commands) {
      if (/^[|!]/.test(command)) await this.#ways.runProgram(command)
      else this.#push(command)
    }
  }

  async workOff(): Promise<void> {
    for (let command = this.#stack.pop(); command !== undefined; command = this.#stack.pop()) {
      if (this.#seen.has(command)) continue
      this.#seen.add(command)
      if (command.startsWith('&')) await this.#recipient(command.slice(1))
      else await this.execute(this.#ways.entriesIn(command).filter((entry) => this.#ways.withPrograms(command) || !/^[|!]/.test(entry)))
    }
  }

  #push(command: Bytes): void {
    if (/^[./]/.test(command) || (command.startsWith('&') && command.length < TOO_LONG_ENTRY_BYTES)) this.#stack.push(command)
  }

  /** A list with an owner is for a delivery of its own; other targets are expanded here. */
  async #recipient(address: Bytes): Promise<void> {
    const data = lookUp(this.#table, '?', address) === undefined ? lookUp(this.#table, ':', address) : undefined
    if (data === undefined) this.final.unshift(address)
    else await this.execute(entriesOf(data))
  }
}

/** Carries out a record's commands; the recipients that are left over, in the order they are submitted (spec local-delivery.md 8.2). Temporary when a list cannot be read. */
export const expand = async (table: ForwardTable, data: Bytes, ways: ExpandWays): Promise<Bytes[]> => {
  const expansion = new Expansion(table, ways)
  await expansion.execute(entriesOf(data))
  await expansion.workOff()
  return expansion.final
}
