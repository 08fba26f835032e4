import { closeSync, openSync, readSync, statSync } from 'node:fs'

/** The second line of every installed program of the suite; a wrapper an administrator puts in its place has none. */
export const markerOf = (name: string): string => `// qmail-ts ${name}`

/** What changes when a file is replaced or written; undefined when it is missing. */
export const identity = (file: string): string | undefined => {
  const s = statSync(file, { throwIfNoEntry: false })
  return s && `${s.dev}:${s.ino}:${s.size}:${s.mtimeMs}`
}

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
