import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { chunks } from '../core/fdio.ts'

const BUFFER_BYTES = 65536

/**
 * Hands everything a descriptor brings to `take`, without stopping the event loop, and resolves at its end; a read error counts as
 * the end. A chunk is valid during the call only. (Not fs.read: a read that waits in the thread pool keeps a failing process from ending.)
 */
export const feedFrom = (fd: number, take: (chunk: Buffer) => void): Promise<void> => {
  const status = fstatSync(fd)
  if (!status.isFIFO() && !status.isSocket()) {
    for (const chunk of chunks(fd)) take(chunk)
    return Promise.resolve()
  }
  return new Promise((resolve) => {
    const onread = {
      buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
      callback: (length: number, buffer: Uint8Array): boolean => {
        take(Buffer.from(buffer.buffer, buffer.byteOffset, length))
        return true
      }
    }
    const socket = new Socket({ fd, readable: true, writable: false, onread })
    socket.on('error', () => resolve())
    socket.on('close', () => resolve())
    socket.on('end', () => resolve())
    socket.resume()
  })
}
