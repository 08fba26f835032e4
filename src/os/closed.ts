import { fstatSync, readFileSync, statSync } from 'node:fs'

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
