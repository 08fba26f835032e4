import { readFileSync, statSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { type NotesText, parseInfo } from './notes.ts'
import { splitPath } from './paths.ts'

/** What info/S/ID says. */
export interface Info {
  sender: Bytes
  notes: NotesText
  /** The file's time: when the message was taken up, in Unix seconds. */
  birth: number
}

/** Reads info/S/ID, below the current folder. Throws system errors, Error if it is incomplete. */
export const readInfo = (id: number): Info => {
  const path = splitPath('info', id)
  const info = parseInfo(readFileSync(path, 'latin1'))
  if (info === undefined) throw new Error(`incomplete ${path}`)
  return { ...info, birth: Math.floor(statSync(path).mtimeMs / 1000) }
}
