import { closeSync, fsyncSync, openSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { fsPath } from '../core/bytes.ts'

/** Makes the names in a folder durable (DESIGN.md 4: qmail leaves this out, and on Linux that loses mail). Throws system errors. */
export const syncFolder = (path: Bytes): void => {
  const fd = openSync(fsPath(path), 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
