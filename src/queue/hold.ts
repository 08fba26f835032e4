import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../core/failure.ts'
import { splitPath } from './paths.ts'

/** Messages are held while a file of theirs is in this folder of queue/: qmail-send does not deliver them. Ours; qmail knows nothing of it. */
export const HOLD_FOLDER = 'hold'

/**
 * The empty file that holds a message, relative to queue/: `hold/ID.TIME.SIZE`, time and size of the message's file, which never change: numbers are
 * used again, and a file may outlive its message. Throws system errors of looking at the message. `queue`: its folder.
 */
export const holdPath = (queue: string, id: number): string => {
  const { mtimeMs, size } = statSync(join(queue, splitPath('mess', id)))
  return `${HOLD_FOLDER}/${id}.${Math.floor(mtimeMs / 1000)}.${size}`
}

/** The message a file of that folder is about; undefined: it is none of ours. */
export const heldNumber = (name: string): number | undefined => {
  const digits = /^([0-9]{1,16})\.[0-9]+\.[0-9]+$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Is this message held? What cannot be looked at is not. */
export const isHeld = (queue: string, id: number): boolean => {
  try {
    return lstatSync(join(queue, holdPath(queue, id)), { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return false
  }
}
