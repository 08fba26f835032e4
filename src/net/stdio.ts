import { createReadStream, createWriteStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

const isConnection = (fd: number): boolean => {
  const kind = fstatSync(fd)
  return kind.isSocket() || kind.isFIFO()
}

/** A descriptor to read from without blocking: socket, pipe, or a file. */
export const readableFd = (fd: number): Readable =>
  isConnection(fd) ? new Socket({ fd, readable: true, writable: false }) : createReadStream('', { fd, autoClose: false })

/** A descriptor to write to without blocking: socket, pipe, or a file. */
export const writableFd = (fd: number): Writable =>
  isConnection(fd) ? new Socket({ fd, readable: false, writable: true }) : createWriteStream('', { fd, autoClose: false })

/** A connection's descriptor, for both directions. */
export const duplexFd = (fd: number): Socket => new Socket({ fd, readable: true, writable: true, allowHalfOpen: true })
