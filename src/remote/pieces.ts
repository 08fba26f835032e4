import { fstatSync, readSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'

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

/** So much of a header is looked at. */
const MAX_HEADER_BYTES = 262_144

/** The beginning of a message, with all of its header but what is beyond reason; empty where the message can be read only once. Throws system errors. */
export const headerOf = async (message: Buffer | number): Promise<Bytes> => {
  if (typeof message !== 'number') return upToBody(message.toString('latin1', 0, MAX_HEADER_BYTES))
  if (!isFile(message)) return ''
  let text = ''
  for await (const piece of piecesOf(message)) {
    text += piece.toString('latin1')
    if (text.includes('\n\n') || text.length >= MAX_HEADER_BYTES) break
  }
  return upToBody(text)
}

const upToBody = (text: Bytes): Bytes => {
  const end = text.startsWith('\n') ? 0 : text.indexOf('\n\n')
  return end < 0 ? text : text.slice(0, end)
}
