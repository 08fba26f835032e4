import { fstatSync, readFileSync, statSync } from 'node:fs'
import { Temporary } from '../core/failure.ts'
import { chunks } from '../core/fdio.ts'

/**
 * Was one of the descriptors 0 to 2 closed when we started? Node opens /dev/null for reading and writing in its place, and reading
 * that looks like an empty input; one who means an empty input gives /dev/null for reading. Where /proc is missing: no.
 */
export const wasClosed = (fd: number): boolean => {
  try {
    const { rdev } = fstatSync(fd)
    return rdev !== 0 && rdev === statSync('/dev/null').rdev && /^flags:\s*[0-7]*2$/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))
  } catch {
    return false
  }
}

/** The chunks of the message on a descriptor, as chunks in core/fdio.ts. Temporary when it was closed: that is no empty message. */
export const messageChunks = (fd: number): Generator<Buffer> => {
  if (wasClosed(fd)) throw new Temporary('unable to read the message: its descriptor is closed')
  return chunks(fd)
}
