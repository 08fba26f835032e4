import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { reason, Temporary } from '../core/failure.ts'

/** Both ends of a pipe of the kernel's, which a child inherits only where its list of descriptors names them. */
export interface Pipe {
  read: number
  write: number
}

/** Where a name may stand for the moment it takes to open both ends, the first that lets us. */
const FOLDERS = ['/tmp', '/var/tmp', '/dev/shm']

const privateFolder = (): string => {
  let why: unknown
  for (const folder of FOLDERS) {
    try {
      return mkdtempSync(join(folder, 'qmail-pipe-'))
    } catch (error) {
      why = error
    }
  }
  throw new Temporary(`unable to create a pipe: ${reason(why)}`)
}

/** Opens both ends: the one for both ways, held for a moment, lets neither wait for the other. */
const open = (path: string): Pipe => {
  const both = openSync(path, constants.O_RDWR)
  try {
    return { read: openSync(path, constants.O_RDONLY), write: openSync(path, constants.O_WRONLY) }
  } finally {
    closeSync(both)
  }
}

/**
 * Makes a number of pipes, by mkfifo(1): neither runtime has a call for it, and Bun's way to call the C library needs the compiler that programs which run
 * once start without. Throws Temporary.
 */
export const makePipes = (count: number): Pipe[] => {
  const folder = privateFolder()
  try {
    const paths = Array.from({ length: count }, (_, n) => join(folder, String(n)))
    const made = spawnSync('mkfifo', ['-m', '600', ...paths], { stdio: ['ignore', 'ignore', 'ignore'], env: { PATH: '/usr/bin:/bin' } })
    if (made.status !== 0) throw new Temporary('unable to create a pipe: mkfifo failed')
    return paths.map(open)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
