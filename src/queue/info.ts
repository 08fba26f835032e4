import { closeSync, fstatSync, openSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { readFd } from '../core/fdio.ts'
import { type NotesText, parseInfo } from './notes.ts'
import { splitPath } from './paths.ts'

/** What info/S/ID says. */
export interface Info {
  sender: Bytes
  notes: NotesText
  /** The file's time: when the message was taken up, in Unix seconds. */
  birth: number
}

/** A whole small file, and its time. Throws system errors. */
const read = (path: string): { text: Bytes; mtimeMs: number } => {
  const fd = openSync(path, 'r')
  try {
    const { size, mtimeMs } = fstatSync(fd)
    const buffer = Buffer.allocUnsafe(size)
    return { text: buffer.toString('latin1', 0, size === 0 ? 0 : readFd(fd, buffer)), mtimeMs }
  } finally {
    closeSync(fd)
  }
}

/** Reads info/S/ID, below the current folder. Throws system errors, Error if it is incomplete. */
export const readInfo = (id: number): Info => {
  const path = splitPath('info', id)
  const { text, mtimeMs } = read(path)
  const info = parseInfo(text)
  if (info === undefined) throw new Error(`incomplete ${path}`)
  return { ...info, birth: Math.floor(mtimeMs / 1000) }
}
