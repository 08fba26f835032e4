import { closeSync, openSync, readSync } from 'node:fs'
import { toBuffer } from '../../core/bytes.ts'
import type { Submission } from '../../submit/submission.ts'
import { readHeader } from '../files.ts'

const CHUNK_BYTES = 65_536
/** Of a longer header the beginning is sent back. */
const MAX_HEADER_BYTES = 262_144

/** Hands a file on, byte for byte. Rejects with system errors of reading. */
export const copyFile = async (path: string, to: Submission): Promise<void> => {
  const fd = openSync(path, 'r')
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
      const length = readSync(fd, buffer)
      if (length === 0) return
      await to.write(buffer.subarray(0, length))
    }
  } finally {
    closeSync(fd)
  }
}

/** Hands on the header of the message in a file, without the empty line after it. Rejects with system errors of reading. */
export const copyHeader = async (path: string, to: Submission): Promise<void> => to.write(toBuffer(readHeader(path, MAX_HEADER_BYTES)))
