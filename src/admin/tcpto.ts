import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { reason, Temporary } from '../core/failure.ts'
import { TCPTO_BYTES, tcptoRecords } from '../format/tcpto.ts'
import { flock } from '../locks/flock.ts'

/** The table, from queue/lock, where these programs work (spec network.md 7). */
const TABLE = 'tcpto'
/** Others hold the lock for moments only. */
const LOCK_SECONDS = 30

const step = <T>(words: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw new Temporary(`${words}: ${reason(error)}`, { cause: error })
  }
}

/** Does something with the locked table. Throws Temporary, `words` beginning with what was tried. */
const withTable = <T>(flags: 'r' | 'r+', openWords: string, lockWords: string, work: (fd: number) => T): T => {
  const fd = step(openWords, () => openSync(TABLE, flags))
  try {
    if (flock(fd, LOCK_SECONDS) !== 'locked') throw new Temporary(lockWords)
    return work(fd)
  } finally {
    closeSync(fd)
  }
}

/** What qmail-tcpto prints: a line for each address with timeouts. Throws Temporary. */
export const timeoutLines = (nowSeconds: number): string =>
  withTable('r', 'unable to open tcpto', 'unable to lock tcpto', (fd) => {
    const table = Buffer.alloc(TCPTO_BYTES)
    const length = step('unable to read tcpto', () => readSync(fd, table, 0, TCPTO_BYTES, 0))
    return tcptoRecords(table.subarray(0, length))
      .filter(({ count }) => count > 0)
      .map(({ ip, count, last }) => `${ip} timed out ${nowSeconds - last} seconds ago; # recent timeouts: ${count}\n`)
      .join('')
  })

/** Empties the table of the installation at `home`, what qmail-tcpok does. Throws Temporary. */
export const clearTimeouts = (home: string): void => {
  const words = `unable to write ${home}/queue/lock/tcpto`
  withTable('r+', words, words, (fd) => step(words, () => writeSync(fd, Buffer.alloc(TCPTO_BYTES), 0, TCPTO_BYTES, 0)))
}
