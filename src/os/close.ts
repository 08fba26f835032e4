import { closeSync, readdirSync, readFileSync } from 'node:fs'

/**
 * Closes a descriptor of a file whose fate is decided already: what had to be durable was synced before, so an error here (EIO, from a failing
 * disk or a file server) changes nothing about the message, and must not end a process that has others in hand.
 */
export const closeQuietly = (fd: number): void => {
  try {
    closeSync(fd)
  } catch {
    // it is closed all the same
  }
}

const CLOSE_ON_EXEC = 0o2000000

/** False too for one that is gone meanwhile, as the descriptor the list was read from is. */
const isHandedOn = (fd: number): boolean => {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
  } catch {
    return false
  }
}

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return [] // no /proc
  }
}

/**
 * Closes what we inherited beyond the descriptors we are to have, so that no program we start gets it: the runtime's own are closed by exec, and it
 * marks low ones so, but not those beyond a gap. Where /proc is missing, nothing.
 */
export const closeInherited = (first: number): void => {
  for (const name of namesIn('/proc/self/fd')) {
    const fd = Number(name)
    if (fd >= first && isHandedOn(fd)) closeQuietly(fd)
  }
}
