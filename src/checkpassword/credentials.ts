import { closeSync, fstatSync, readlinkSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { readFd } from '../core/fdio.ts'

/** What a front end hands over (spec network.md 8.2). */
export interface Credentials {
  login: Bytes
  password: Bytes
  /** A stamp, a challenge or a method; most are empty. */
  third: Bytes
}

const FD = 3
const MAX_BYTES = 512

/** Login, password and timestamp, each ended by NUL, perhaps more; undefined for anything else. */
export const parseCredentials = (data: Bytes): Credentials | undefined => {
  const [login, password, timestamp] = data.split('\0', 4)
  const isWhole = login !== undefined && password !== undefined && timestamp !== undefined && data.split('\0').length > 3
  return isWhole ? { login, password, third: timestamp } : undefined
}

/** Did somebody give us this descriptor, or is it one of Node's own? */
const isGiven = (fd: number): boolean => {
  try {
    const kind = fstatSync(fd)
    return (kind.isFIFO() || kind.isSocket() || kind.isFile()) && !readlinkSync(`/proc/self/fd/${fd}`).startsWith('anon_inode:')
  } catch {
    return false
  }
}

/** Reads descriptor 3 to its end, and closes it; undefined when there is nothing of the kind, or more. What it was read into is wiped. */
export const readCredentials = (maxBytes = MAX_BYTES): Credentials | undefined => {
  if (!isGiven(FD)) return undefined
  const buffer = Buffer.alloc(maxBytes + 1)
  let length = 0
  for (let n = 1; n > 0 && length < buffer.length; length += n) n = readFd(FD, buffer.subarray(length))
  closeSync(FD)
  const credentials = length > maxBytes ? undefined : parseCredentials(buffer.toString('latin1', 0, length))
  buffer.fill(0)
  return credentials
}
