import { closeSync, openSync, readSync } from 'node:fs'
import { type Bytes, toBuffer } from '../../core/bytes.ts'
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

/** Fields of a message that demands TLS which are sent back; all others may say too much (RFC 8689 5). */
const HARMLESS = /^(?:From|To|Date|Subject|Message-ID)[ \t]*:/i

/** Of a header those fields alone, with the lines that go on with them. */
const harmless = (header: Bytes): Bytes =>
  header
    .split(/\n(?![ \t])/)
    .filter((field) => HARMLESS.test(field))
    .map((field) => `${field}\n`)
    .join('')

/** Hands on the header of the message in a file, without the empty line after it; of one that `isSecret` what everybody may know. Rejects with system errors of reading. */
export const copyHeader = async (path: string, to: Submission, isSecret: boolean): Promise<void> => {
  const header = readHeader(path, MAX_HEADER_BYTES)
  return to.write(toBuffer(isSecret ? harmless(header) : header))
}
