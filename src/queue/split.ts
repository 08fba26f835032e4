import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { SPLIT } from './paths.ts'

/** The folders of the queue that are split. */
export const SPLIT_FOLDERS = ['mess', 'info', 'local', 'remote'] as const

const isFolderNumber = (name: string): boolean => /^(0|[1-9][0-9]*)$/.test(name)

/** How many folders a split folder of the queue was built with: they count from 0, and one that is missing in between is another complaint. Throws system errors. */
const foldersIn = (queue: string, folder: string): number => Math.max(-1, ...readdirSync(join(queue, folder)).filter(isFolderNumber).map(Number)) + 1

/**
 * Was the queue built with another conf-split than ours? Then what lies in its folders would be looked for in others, and left alone. Returns the folder that shows it, and how many
 * folders it has; undefined: all is as it should be, or cannot be looked at by us. `queue`: its folder.
 */
export const otherSplit = (queue: string): { folder: string; folders: number } | undefined => {
  for (const folder of SPLIT_FOLDERS) {
    try {
      const folders = foldersIn(queue, folder)
      if (folders !== SPLIT) return { folder, folders }
    } catch {
      // what cannot be read is somebody else's complaint
    }
  }
  return undefined
}

/** The same in words. */
export const otherSplitText = (queue: string): string | undefined => {
  const other = otherSplit(queue)
  return other && `queue/${other.folder} has ${other.folders} folders, not ${SPLIT}: the queue was built with another conf-split, see queue-repair(8)`
}
