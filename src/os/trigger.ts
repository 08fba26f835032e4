import { closeSync, constants, openSync, writeSync } from 'node:fs'

/** Wakes the reader of a FIFO, if there is one (spec queue.md 2.1). A hint only: all errors are ignored, losing it costs time, never mail. */
export const pullTrigger = (fifo: string): void => {
  try {
    const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
    try {
      writeSync(fd, '\0')
    } finally {
      closeSync(fd)
    }
  } catch {
    // nobody listens, or it is pulled already
  }
}
