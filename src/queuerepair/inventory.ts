import { lstatSync, rmdirSync, type Stats } from 'node:fs'
import { namesIfThere } from '../core/if-there.ts'
import { heldNumber } from '../queue/hold.ts'
import { SPLIT } from '../queue/paths.ts'
import type { Problem } from './problem.ts'

/** The folders that hold files of messages; those of split ones lie a folder deeper. */
export const FOLDERS = ['mess', 'info', 'local', 'remote', 'intd', 'todo', 'bounce', 'hold'] as const
export type Folder = (typeof FOLDERS)[number]
const SPLIT_ONES: readonly Folder[] = ['mess', 'info', 'local', 'remote']

/** What a file has for a name while its message gets another number (src/queuerepair/numbers.ts). */
export const MOVING = '.repair'

/** A file of a message. */
export interface MessageFile {
  folder: Folder
  /** Relative to the queue's folder, which is the current one. */
  path: string
  /** The number in its name. */
  id: number
  /** Is it on its way to that number, since a repair that was cut short? */
  isMoving: boolean
  stat: Stats
}

/** Where a file of this message belongs. `rest`: what follows the number in its name, for `hold`. */
export const placeOf = (folder: Folder, id: number, rest = ''): string =>
  SPLIT_ONES.includes(folder) ? `${folder}/${id % SPLIT}/${id}` : `${folder}/${id}${rest}`

const numberIn = (folder: Folder, name: string): { id: number; isMoving: boolean } | undefined => {
  const isMoving = name.endsWith(MOVING)
  const plain = isMoving ? name.slice(0, -MOVING.length) : name
  if (folder === 'hold') {
    const id = heldNumber(plain)
    return id === undefined ? undefined : { id, isMoving }
  }
  return /^(0|[1-9][0-9]{0,15})$/.test(plain) ? { id: Number(plain), isMoving } : undefined
}

/** All files of messages, and what else lies among them. */
export interface Inventory {
  files: MessageFile[]
  strays: Problem[]
}

const stray = (path: string, what: string): Problem => ({ path: `queue/${path}`, what: `${what}: look at it yourself` })

/** Looks through a folder; a folder in it, of a number, is looked through too: of a split one, or of a queue whose todo is split. */
const collect = (folder: Folder, below: string, found: Inventory): void => {
  for (const name of namesIfThere(below)) {
    const path = `${below}/${name}`
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) continue
    const number = numberIn(folder, name)
    if (stat.isDirectory() && below === folder && /^[0-9]+$/.test(name)) collect(folder, path, found)
    else if (!stat.isFile()) found.strays.push(stray(path, 'is no file'))
    else if (number === undefined) found.strays.push(stray(path, "has a name that is none of qmail's"))
    else found.files.push({ folder, path, ...number, stat })
  }
}

/** Finds every file of a message. Throws system errors. */
export const inventory = (): Inventory => {
  const found: Inventory = { files: [], strays: [] }
  for (const folder of FOLDERS) collect(folder, folder, found)
  return found
}

/** Folders that a queue of our conf-split has not, empty once what lies in them is where it belongs. */
export const otherFolders = (): Problem[] =>
  FOLDERS.flatMap((folder) =>
    namesIfThere(folder)
      .filter((name) => /^[0-9]+$/.test(name) && (!SPLIT_ONES.includes(folder) || name !== String(Number(name)) || Number(name) >= SPLIT))
      .map((name) => `${folder}/${name}`)
      .filter((path) => lstatSync(path).isDirectory())
      .map((path) => ({ path: `queue/${path}`, what: 'is a folder of another conf-split', mend: () => rmdirSync(path) }))
  )
