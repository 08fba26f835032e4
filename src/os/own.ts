import { closeSync, openSync, readSync, statSync } from 'node:fs'

/** The second line of every installed program of the suite; a wrapper an administrator puts in its place has none. */
export const markerOf = (name: string): string => `// qmail-ts ${name}`

/** What changes when a file is replaced or written; undefined when it is missing. */
export const identity = (file: string): string | undefined => {
  const s = statSync(file, { throwIfNoEntry: false })
  return s && `${s.dev}:${s.ino}:${s.size}:${s.mtimeMs}`
}

/** As `identity`; undefined also for a file that we may not look at, say in a folder of PATH that is root's own. */
export const lookOf = (file: string): string | undefined => {
  try {
    return identity(file)
  } catch {
    return undefined
  }
}

/** What changes when one of these files does. */
export const looksOf = (files: readonly string[]): string => files.map(lookOf).join(' ')

/** Is the program at this path the suite's own `name`? Only then may a parent use its second gear, or call it within its own process. */
export const isOwn = (file: string, name: string): boolean => {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch {
    return false // what cannot be read is run as it is
  }
  try {
    const head = Buffer.alloc(512)
    const lines = head.toString('latin1', 0, readSync(fd, head, 0, head.length, 0)).split('\n')
    return lines[1] === markerOf(name)
  } finally {
    closeSync(fd)
  }
}
