import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { reason, Temporary } from '../core/failure.ts'
import { runChild } from './child.ts'

/** Where the names of our FIFOs are for a moment. */
const FOLDER = '/tmp'

/** One real pipe. Node has none: what it gives to children is a socket pair, which other programs' shells and tools do not take for one. */
export interface Fifo {
  /** Opens an end of it. */
  end: (flags: 'r' | 'w') => number
}

/**
 * Makes so many pipes, FIFOs with a name for as long as `work` runs; whoever has an end of one keeps it afterwards. An end is opened as the lowest free
 * descriptor. Throws Temporary when they cannot be made.
 */
export const withFifos = <T>(count: number, work: (fifos: Fifo[]) => T): T => {
  const folder = madeFolder()
  const held: number[] = []
  try {
    const names = Array.from({ length: count }, (_, n) => join(folder, String(n)))
    const made = runChild('mkfifo', ['-m', '600', ...names], { stdio: 'ignore', env: { PATH: '/usr/bin:/bin' } })
    if (made.code !== 0) throw new Temporary('unable to make a pipe')
    for (const name of names) held.push(openSync(name, constants.O_RDWR)) // opening one end would wait for the other
    return work(names.map((name) => ({ end: (flags) => openSync(name, flags) })))
  } finally {
    for (const fd of held) closeSync(fd)
    rmSync(folder, { recursive: true, force: true })
  }
}

const madeFolder = (): string => {
  try {
    return mkdtempSync(join(FOLDER, 'qmail-pipe-'))
  } catch (error) {
    throw new Temporary(`unable to make a pipe: ${reason(error)}`, { cause: error })
  }
}
