import { fstatSync, readSync } from 'node:fs'

const LF = 0x0a
const CHUNK_BYTES = 65_536
/** After so much the event loop has its turn: other deliveries of this process go on. */
const TURN_BYTES = 1 << 20

const linesIn = (bytes: Uint8Array): number => {
  let lines = 0
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines++
  return lines
}

/**
 * How many bytes a message, held in memory or in an open file, has with CRLF line ends, as SIZE counts them (RFC 1870 5). Undefined for what cannot be read twice, a pipe. The descriptor stays
 * where it stands. Throws system errors.
 */
export const wireSize = async (message: Buffer | number): Promise<number | undefined> => {
  if (typeof message !== 'number') return message.length + linesIn(message)
  const fd = message
  const file = fstatSync(fd)
  if (!file.isFile()) return undefined
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, file.size))
  let lines = 0
  for (let at = 0; at < file.size; ) {
    const length = readSync(fd, buffer, 0, buffer.length, at)
    if (length === 0) break
    lines += linesIn(buffer.subarray(0, length))
    at += length
    if (at % TURN_BYTES < length) await new Promise((resolve) => setImmediate(resolve))
  }
  return file.size + lines
}
