import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs'
import type { Bytes } from '../../core/bytes.ts'
import { writeFd } from '../../core/fdio.ts'

/** Appends paragraphs about recipients that failed to bounce/ID, all or nothing. Throws system errors. */
export const noteFailures = (id: number, paragraphs: Bytes): void => {
  const fd = openSync(`bounce/${id}`, 'a', 0o600)
  try {
    const { size } = fstatSync(fd)
    try {
      writeFd(fd, paragraphs)
    } catch (error) {
      ftruncateSync(fd, size)
      throw error
    }
  } finally {
    closeSync(fd)
  }
}
