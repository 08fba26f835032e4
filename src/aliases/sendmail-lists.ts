import { closeSync, fstatSync, openSync } from 'node:fs'
import { type Bytes, fsPath, splitAddress } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { readAll } from '../core/fdio.ts'
import { atLine } from './alias-file.ts'
import { type Domains, readDomains } from './qualify.ts'
import { commandOf } from './sendmail-aliases.ts'
import { sendmailItems } from './sendmail-items.ts'

/** Is this list one that people wrote, not newinclude or setmaillist? */
export const isTextList = (file: Bytes): boolean => !file.endsWith('.bin')

/** A list's text, and whether it may name programs and files: only root's and our own may, for they would be run as us. */
const read = (file: Bytes): { text: Bytes; isTrusted: boolean } => {
  const fd = openSync(fsPath(file), 'r')
  try {
    const { uid, mode } = fstatSync(fd)
    return { text: readAll(fd).toString('latin1'), isTrusted: (uid === 0 || uid === process.getuid?.()) && (mode & 0o22) === 0 }
  } finally {
    closeSync(fd)
  }
}

const lineEntries = (home: string, line: Bytes, domains: Domains, isTrusted: boolean): Bytes[] => {
  const items = line.startsWith('#') ? [] : sendmailItems(line)
  if (items === undefined) throw new Temporary(`unable to parse this line: ${line}`)
  if (!isTrusted && items.some(({ kind }) => kind === 'program' || kind === 'file'))
    throw new Temporary('programs and files may stand only in lists that nobody but root can write')
  return items.map((item) => commandOf(home, item, domains))
}

/** The entries of an :include: file as sendmail reads it, at the time of delivery (spec local-delivery.md 9). Temporary, naming file and line. */
export const textEntries = (home: string, file: Bytes): Bytes[] => {
  let list: ReturnType<typeof read>
  try {
    list = read(file)
  } catch (error) {
    throw new Temporary(`unable to read ${file}: ${reason(error)}`, { cause: error })
  }
  const domains = readDomains(home)
  return list.text.split('\n').flatMap((line, i) => atLine(file, i + 1, () => lineEntries(home, line, domains, list.isTrusted)))
}

/** Whose address `user+detail@host` is, the most exact first: `user+*@host`, `user@host`. Without a detail: nobody's. */
export const plusTargets = (address: Bytes): Bytes[] => {
  const { box, host } = splitAddress(address)
  const plus = box.indexOf('+')
  return plus <= 0 || host === undefined ? [] : [`${box.slice(0, plus)}+*@${host}`, `${box.slice(0, plus)}@${host}`]
}
