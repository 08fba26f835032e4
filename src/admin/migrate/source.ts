import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bytes, fsPath } from '../../core/bytes.ts'
import { errorCode, reason, Temporary } from '../../core/failure.ts'

/** The files of another MTA, below a folder that stands for `/`. */
export class Source {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** A file's text; undefined when there is none. Throws Temporary where it cannot be read. */
  text(path: Bytes): Bytes | undefined {
    try {
      return readFileSync(fsPath(join(this.root, path)), 'latin1')
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined
      throw new Temporary(`unable to read ${path}: ${reason(error)}`, { cause: error })
    }
  }

  /** Its lines without comments (from `#` on at the start of a line), blanks around them, and empty ones; none when there is no such file. */
  lines(path: Bytes): Bytes[] {
    return (this.text(path) ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
  }

  /** Its logical lines: one that begins with a blank goes on with the line before. */
  logicalLines(path: Bytes): Bytes[] {
    const found: Bytes[] = []
    for (const line of (this.text(path) ?? '').split('\n')) {
      if (line.trim() === '' || /^\s*#/.test(line)) continue
      if (/^\s/.test(line) && found.length > 0) found.push(`${found.pop()} ${line.trim()}`)
      else found.push(line.trimEnd())
    }
    return found
  }

  /** A table of keys and values with blanks between them. */
  table(path: Bytes): [key: Bytes, value: Bytes][] {
    return this.logicalLines(path).map((line) => {
      const [, key = line, value = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? []
      return [key, value]
    })
  }

  /** The names of accounts that people have: uid 1000 and above, but for nobody. */
  people(): Set<Bytes> {
    return new Set(this.#accounts(([, , uid = '']) => Number(uid) >= 1000 && Number(uid) < 60_000))
  }

  /** The names of the system's own accounts. */
  systemAccounts(): Bytes[] {
    return this.#accounts(([, , uid = '']) => Number(uid) < 1000 || Number(uid) >= 60_000)
  }

  #accounts(isWanted: (fields: Bytes[]) => boolean): Bytes[] {
    return this.lines('/etc/passwd')
      .map((line) => line.split(':'))
      .filter((fields) => fields.length >= 6 && isWanted(fields))
      .map(([name = '']) => name)
  }
}
