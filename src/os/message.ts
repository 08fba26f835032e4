import { closeSync, constants, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { reason, Temporary } from '../core/failure.ts'
import { wasClosed } from './closed.ts'

/** The message being delivered. Every instruction reads it anew, from its first byte. */
export interface Message {
  /** Its bytes in pieces; each is the reader's to keep. Reading trouble is Temporary. */
  chunks(): Iterable<Buffer>
}

const CHUNK_BYTES = 65536

/** A message held in memory. */
export const memoryMessage = (bytes: Buffer): Message => ({ chunks: () => [bytes] })

/** A message in an open, seekable file. The descriptor's own offset is neither used nor moved. */
export const fileMessage = (fd: number): Message => ({
  *chunks() {
    if (wasClosed(fd)) throw new Temporary('Unable to read message: its descriptor is closed. (#4.3.0)')
    for (let at = 0; ; ) {
      const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
      let length: number
      try {
        length = readSync(fd, buffer, 0, CHUNK_BYTES, at)
      } catch (error) {
        throw new Temporary(`Unable to read message: ${reason(error)}. (#4.3.0)`, { cause: error })
      }
      if (length === 0) return
      at += length
      yield buffer.subarray(0, length)
    }
  }
})

/** An unlinked copy of the message; written by position, so its offset stays 0. */
const copyOf = (message: Message): number => {
  const name = `/tmp/qmail-local.${process.pid}.${Date.now()}`
  const fd = openSync(name, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600)
  unlinkSync(name)
  try {
    let at = 0
    for (const chunk of message.chunks()) for (const end = at + chunk.length; at < end; ) at += writeSync(fd, chunk, chunk.length - (end - at), end - at, at)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/**
 * A descriptor with the message at offset 0, for a program to read; the caller closes it. Node cannot seek, but opening the file
 * anew through /proc gives an offset of its own. Where the recipient may not open it (only the descriptor was granted), a copy serves.
 */
export const rewound = (fd: number): number => {
  try {
    return openSync(`/proc/self/fd/${fd}`, 'r')
  } catch {
    return copyOf(fileMessage(fd))
  }
}
