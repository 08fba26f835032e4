import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { errorCode } from '../core/failure.ts'
import { type DropTrailer, parseTrailer, TRAILER_BYTES } from './drop-format.ts'

/** A file of the drop folder that looks as it should. */
export interface OpenDrop extends DropTrailer {
  fd: number
  /** The owner: who handed the message in, beyond doubt. */
  uid: number
  /** To tell, later, whether the name still stands for this file. */
  ino: number
  /** Its last change; nobody can forge that. */
  changedMs: number
}

/** The file is not what one of our programs leaves. It will not get better: it is set aside. */
export class Malformed extends Error {}

/** What open says of things that no program of ours leaves here: symbolic links, sockets, files hidden from us. */
const HOSTILE = new Set(['ELOOP', 'ENXIO', 'EACCES', 'EPERM', 'ENODEV'])

const openIt = (path: string | Buffer): number => {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (HOSTILE.has(errorCode(error) ?? '')) throw new Malformed(errorCode(error), { cause: error })
    throw error
  }
}

const check = (fd: number, gid: number): OpenDrop => {
  const stat = fstatSync(fd)
  if (!stat.isFile()) throw new Malformed('not a regular file')
  if (stat.nlink !== 1) throw new Malformed('more than one link')
  // Whatever is made in the folder gets its group by the set-gid bit; a file of another's that was moved here has not.
  if (stat.gid !== gid) throw new Malformed('not made here')
  const trailer = Buffer.alloc(TRAILER_BYTES)
  const start = stat.size - TRAILER_BYTES
  if (start < 0 || readSync(fd, trailer, 0, TRAILER_BYTES, start) !== TRAILER_BYTES) throw new Malformed('too short')
  const parsed = parseTrailer(trailer, stat.size)
  if (!parsed) throw new Malformed('no trailer')
  return { ...parsed, fd, uid: stat.uid, ino: stat.ino, changedMs: Math.floor(stat.ctimeMs) }
}

/**
 * Opens a file of the drop folder, trusting nothing: a regular file with one link, made in this folder (`gid`: the folder's group),
 * with a trailer that fits. Throws Malformed, and system errors that may pass. Undefined: it is gone.
 */
export const openDrop = (path: string | Buffer, gid: number): OpenDrop | undefined => {
  let fd: number
  try {
    fd = openIt(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    return check(fd, gid)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** The pieces of a part of the file. Throws Malformed when it has become shorter: its owner can still write to it. */
export function* pieces({ fd }: OpenDrop, start: number, length: number): Generator<Buffer> {
  for (let at = 0; at < length; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(65_536, length - at))
    const got = readSync(fd, buffer, 0, buffer.length, start + at)
    if (got === 0) throw new Malformed('cut short')
    yield buffer.subarray(0, got)
    at += got
  }
}
