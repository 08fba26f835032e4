import { writeSync } from 'node:fs'
import { Socket } from 'node:net'

/** Calls `gone` when the pipe our parent holds the other end of comes to its end: the parent is no more. */
export const parentGone = (fd: number, gone: () => void): void => {
  const pipe = new Socket({ fd, readable: true, writable: false })
  pipe.on('error', () => {}) // 'close' follows
  pipe.on('close', gone)
  pipe.resume()
}

/** Says a byte to our parent through that pipe (a socket pair): from now on we catch signals. */
export const tellParent = (fd: number): void => {
  try {
    writeSync(fd, '\0')
  } catch {
    // it has gone, which we shall hear
  }
}
