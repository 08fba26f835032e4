import { close, closeSync, fsync, fsyncSync, open, openSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { fsPath } from '../core/bytes.ts'
import { errorCode } from '../core/failure.ts'

/** Makes the names in a folder durable (docs/internals.md, What is promised: qmail leaves this out, and on Linux that loses mail). Throws system errors. */
export const syncFolder = (path: Bytes): void => {
  const fd = openSync(fsPath(path), 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** As fsync(2), in the thread pool: the event loop goes on meanwhile. Rejects with system errors. */
export const syncFileLater = (fd: number): Promise<void> => new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve())))

/** As syncFolder, in the thread pool. Rejects with system errors. */
export const syncFolderLater = (path: Bytes): Promise<void> =>
  new Promise((resolve, reject) => {
    open(fsPath(path), 'r', (openError, fd) => {
      if (openError) reject(openError)
      else fsync(fd, (error) => close(fd, () => (error ? reject(error) : resolve())))
    })
  })

const unable = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/**
 * Does this failure to fsync a folder mean that it cannot be done here at all: a file system without it, or a folder its user may
 * fill but not open? Repeating the work would never help then.
 */
export const cannotSyncFolder = (error: unknown): boolean => unable.has(errorCode(error) ?? '')
