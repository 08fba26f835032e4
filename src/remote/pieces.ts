import { fstatSync, readSync } from 'node:fs'

const CHUNK_BYTES = 65_536
/** After so much the event loop has its turn: other deliveries of this process go on. */
const TURN_BYTES = 1 << 20

/** Can this descriptor be read twice? Throws system errors. */
export const isFile = (fd: number): boolean => fstatSync(fd).isFile()

/** An open file from its start, in pieces that are overwritten by the next; the descriptor stays where it stands. Throws system errors. */
export async function* piecesOf(fd: number): AsyncGenerator<Buffer> {
  const { size } = fstatSync(fd)
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size))
  for (let at = 0; at < size; ) {
    const length = readSync(fd, buffer, 0, buffer.length, at)
    if (length === 0) return
    yield buffer.subarray(0, length)
    at += length
    if (at % TURN_BYTES < length) await new Promise((resolve) => setImmediate(resolve))
  }
}
