import { closeSync, fsyncSync, openSync, readFileSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Bytes, lower } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { syncFolder } from '../os/durable.ts'

/** Readable by the programs that look things up. */
const MODE = 0o644

const step = <T>(words: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw new Temporary(`${words}: ${reason(error)}`, { cause: error })
  }
}

/** The whole text a table is made from. Throws Temporary, naming the file. */
export const readSource = (path: string): Bytes => step(`unable to read ${path}`, () => readFileSync(path, 'latin1'))

/** Puts a new file in the place of an old one in one step, durably; until then, and after any failure, the old one stays. Throws Temporary. */
export const replaceTable = (path: string, temporary: string, bytes: Buffer): void => {
  step(`unable to write to ${temporary}`, () => {
    const fd = openSync(temporary, 'w', MODE)
    try {
      writeFd(fd, bytes)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  })
  step(`unable to move ${temporary} to ${path}`, () => renameSync(temporary, path))
  step(`unable to sync ${dirname(path)}`, () => syncFolder(dirname(path)))
}

/** The records of morercpthosts.cdb: each line in lower case without trailing blanks; empty ones and those that start with `#` do not count (spec local-delivery.md 2.6). */
export const hostRecords = (text: Bytes): [Bytes, Bytes][] =>
  text
    .split('\n')
    .map((line) => lower(line.replace(/[ \t]+$/, '')))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [line, ''])
