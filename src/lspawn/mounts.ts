import { readFileSync } from 'node:fs'

interface Mount {
  id: string
  /** On which it is mounted. */
  parent: string
  device: number
  folder: string
}

/** The number stat(2) says for this device. */
const deviceOf = (majorMinor: string): number => {
  const [major = 0, minor = 0] = majorMinor.split(':').map(Number)
  return major * 256 + (minor % 256) + Math.floor(minor / 256) * 2 ** 20
}

/** The table has blanks and backslashes in names as three octal digits. */
const unescaped = (text: string): string => text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

const mountsIn = (table: string): Mount[] =>
  table
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([id = '', parent = '', majorMinor = '', , folder]) => (folder ? [{ id, parent, device: deviceOf(majorMinor), folder: unescaped(folder) }] : []))

const isAtOrBelow = (path: string, folder: string): boolean => folder === '/' || path === folder || path.startsWith(`${folder}/`)

/** Does its folder lead to another mount: one on top of it, or one beside what leads to it, on the way? */
const isCovered = (mount: Mount, mounts: readonly Mount[]): boolean => {
  if (mounts.some(({ parent, folder }) => parent === mount.id && folder === mount.folder)) return true
  for (let step: Mount | undefined = mount; step; step = mounts.find(({ id }) => id === step?.parent)) {
    const { id: own, parent: on } = step
    if (mounts.some(({ id, parent, folder }) => id !== own && parent === on && isAtOrBelow(mount.folder, folder))) return true
  }
  return false
}

/**
 * A folder at which the file system of this device, as stat(2) tells it, is mounted and not covered by another. Undefined: there is none, or its device is not in the
 * table (btrfs). `table`: mountinfo (proc_pid_mountinfo(5)), by default ours as it is now. Throws system errors.
 */
export const mountPointOf = (device: number, table = readFileSync('/proc/self/mountinfo', 'latin1')): string | undefined => {
  const mounts = mountsIn(table)
  return mounts.find((mount) => mount.device === device && !isCovered(mount, mounts))?.folder
}
