import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import type { Log } from './log.ts'

/** Is there a file of this name? Throws system errors other than ENOENT. */
export const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** A file's time of change in Unix seconds. */
export const mtimeSeconds = (stat: { mtimeMs: number }): number => Math.floor(stat.mtimeMs / 1000)

/** The header of the message in a file, without the empty line after it; of a longer one than so many bytes the lines that fit. Throws system errors. */
export const readHeader = (path: string, maxBytes: number): Bytes => {
  const fd = openSync(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(maxBytes)
    let length = 0
    for (let more = -1; more !== 0 && length < buffer.length; length += more) more = readSync(fd, buffer, length, buffer.length - length, null)
    const text = buffer.toString('latin1', 0, length)
    if (text.startsWith('\n')) return ''
    const end = text.indexOf('\n\n') + 1
    return text.slice(0, end > 0 ? end : text.lastIndexOf('\n') + 1)
  } finally {
    closeSync(fd)
  }
}

/** Marks a recipient done in a channel's file, where its record begins at `at`: one byte, in place, so that it is either done or not. False, with a warning: it will be tried again. */
export const markDone = (log: Log, path: Bytes, at: number): boolean => {
  try {
    const fd = openSync(path, 'r+')
    try {
      writeSync(fd, 'D', at)
    } finally {
      closeSync(fd)
    }
    return true
  } catch {
    log.line(`warning: trouble marking ${path}; message will be delivered twice!`)
    return false
  }
}
