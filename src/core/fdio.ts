import { readSync, writeSync } from 'node:fs'
import { errorCode } from './failure.ts'
import { pause } from './pause.ts'

const retry = <T>(call: () => T): T => {
  for (;;) {
    try {
      return call()
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EAGAIN')
        pause(2) // someone else left the descriptor non-blocking
      else if (code !== 'EINTR') throw error
    }
  }
}

/** Reads once into `buffer`, waiting as long as it takes. Returns the number of bytes, 0 at the end. Throws system errors. */
export const readFd = (fd: number, buffer: Buffer): number =>
  retry(() => {
    try {
      return readSync(fd, buffer, 0, buffer.length, null)
    } catch (error) {
      if (errorCode(error) === 'EOF') return 0
      throw error
    }
  })

/** Writes all of `data`, waiting as long as it takes. Throws system errors. */
export const writeFd = (fd: number, data: Buffer | string): void => {
  const buffer = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
  for (let at = 0; at < buffer.length; ) at += retry(() => writeSync(fd, buffer, at))
}

/** The chunks of a descriptor until its end; each chunk is the reader's to keep. */
export function* chunks(fd: number, size = 65536): Generator<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafeSlow(size)
    const length = readFd(fd, buffer)
    if (length === 0) return
    yield buffer.subarray(0, length)
  }
}

/** Everything a descriptor has until its end. For small inputs only. */
export const readAll = (fd: number): Buffer => Buffer.concat([...chunks(fd, 16384)])
