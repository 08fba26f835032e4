import { closeSync, fsyncSync, openSync } from 'node:fs'
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

const unable = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/**
 * Does this failure to fsync a folder mean that it cannot be done here at all: a file system without it, or a folder its user may
 * fill but not open? Repeating the work would never help then.
 */
export const cannotSyncFolder = (error: unknown): boolean => unable.has(errorCode(error) ?? '')
