import { closeSync, fstatSync, futimesSync, openSync, readFileSync, writeSync } from 'node:fs'
import { warningsEdit } from '../../queue/notes.ts'
import { splitPath } from '../../queue/paths.ts'

/** Writes into info/S/ID, in place, how many delay warnings its message has had. The file's time stays: it is the message's birth. Throws system errors. */
export const setWarnings = (id: number, warnings: number): void => {
  const fd = openSync(splitPath('info', id), 'r+')
  try {
    const { atime, mtime } = fstatSync(fd)
    const { at, bytes } = warningsEdit(readFileSync(fd, 'latin1'), warnings)
    writeSync(fd, bytes, at, 'latin1')
    futimesSync(fd, atime, mtime)
  } finally {
    closeSync(fd)
  }
}
