import { closeSync, openSync } from 'node:fs'
import { Temporary } from '../core/failure.ts'
import { readFd } from '../core/fdio.ts'

/** So many bytes that nobody can guess, in hexadecimal; for programs whose ring holds no node:crypto. Throws system errors. */
export const randomHex = (bytes: number): string => {
  const fd = openSync('/dev/urandom', 'r')
  try {
    const buffer = Buffer.alloc(bytes)
    if (readFd(fd, buffer) !== bytes) throw new Temporary('/dev/urandom is cut short')
    return buffer.toString('hex')
  } finally {
    closeSync(fd)
  }
}
