import { closeSync, fsyncSync, openSync, readFileSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { syncFolder } from './durable.ts'

/** Readable by the programs that look things up. */
const MODE = 0o644

/** Does a step of the work; what goes wrong is Temporary, in these words. */
export const step = <T>(words: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw new Temporary(`${words}: ${reason(error)}`, { cause: error })
  }
}

/** The whole text a table is made from. Throws Temporary, naming the file. */
export const readSource = (path: Bytes): Bytes => step(`unable to read ${path}`, () => readFileSync(fsPath(path), 'latin1'))

/**
 * Puts a new file in the place of an old one in one step, durably; until then, and after any failure, the old one stays. The new one is created before its
 * bytes are asked for, where that is a function. Throws Temporary, and what that function throws.
 */
export const replaceTable = (path: Bytes, temporary: Bytes, bytes: Buffer | (() => Buffer)): void => {
  const fd = step(`unable to create ${temporary}`, () => openSync(fsPath(temporary), 'w', MODE))
  try {
    const all = typeof bytes === 'function' ? bytes() : bytes
    step(`unable to write to ${temporary}`, () => {
      writeFd(fd, all)
      fsyncSync(fd)
    })
  } finally {
    closeSync(fd)
  }
  step(`unable to move ${temporary} to ${path}`, () => renameSync(fsPath(temporary), fsPath(path)))
  step(`unable to sync ${dirname(path)}`, () => syncFolder(dirname(path)))
}
