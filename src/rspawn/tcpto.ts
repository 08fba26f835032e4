import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { TCPTO_BYTES } from '../format/tcpto.ts'

/** Empties the table of timeouts, without its lock, as qmail-rspawn does when it starts. Errors are ignored: the table only saves time. */
export const forgetAllTimeouts = (home: string): void => {
  try {
    const fd = openSync(join(home, 'queue', 'lock', 'tcpto'), 'r+')
    try {
      writeSync(fd, Buffer.alloc(TCPTO_BYTES), 0, TCPTO_BYTES, 0)
    } finally {
      closeSync(fd)
    }
  } catch {
    // no table, no timeouts
  }
}
