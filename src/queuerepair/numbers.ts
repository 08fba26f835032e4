import { lstatSync, renameSync } from 'node:fs'
import type { Accounts } from './accounts.ts'
import { type MessageFile, MOVING, placeOf } from './inventory.ts'
import { as, type Owner } from './owner.ts'
import type { Problem } from './problem.ts'

/** What follows the number in a name of hold/. */
const restOf = ({ folder, path }: MessageFile): string => (folder === 'hold' ? path.replace(/^hold\/[0-9]+/, '').replace(MOVING, '') : '')

const move = (owner: Owner, from: string, to: string): void => {
  if (from === to) return
  as(owner, () => {
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) throw new Error(`${to} is there already`)
    renameSync(from, to)
  })
}

/**
 * The number of each message is the inode number of its file in mess/, and no longer is after the queue was copied or restored. Those messages get the numbers their files have,
 * with all that belongs to them: first a name of their own, then, when all have that, the final one. The file in mess/ is always the last, and says the number: so a repair
 * that was cut short is completed by the next.
 */
export function* numberProblems(files: readonly MessageFile[], accounts: Accounts): Generator<Problem> {
  const companions = Map.groupBy(
    files.filter(({ folder, isMoving }) => folder !== 'mess' && !isMoving),
    ({ id }) => id
  )
  const misnamed = files.filter(({ folder, id, isMoving, stat }) => folder === 'mess' && !isMoving && stat.ino !== id)
  for (const mess of misnamed) {
    const id = mess.stat.ino
    yield {
      path: `queue/${mess.path}`,
      what: `its inode number is ${id}: the queue was copied or restored`,
      mend: () => {
        for (const file of [...(companions.get(mess.id) ?? []), mess])
          move(accounts.of(file.folder), file.path, placeOf(file.folder, id, restOf(file)) + MOVING)
      }
    }
  }
}

/** The second half: files that have a name for the time of the repair get their final one. */
export function* movingProblems(files: readonly MessageFile[], accounts: Accounts): Generator<Problem> {
  const moving = files.filter(({ isMoving }) => isMoving)
  const isMess = ({ folder }: MessageFile): boolean => folder === 'mess'
  for (const file of [...moving.filter((f) => !isMess(f)), ...moving.filter(isMess)])
    yield {
      path: `queue/${file.path}`,
      what: 'is on its way to its new number',
      mend: () => move(accounts.of(file.folder), file.path, placeOf(file.folder, file.id, restOf(file)))
    }
}

/** Files that lie in another folder than their number says: of a queue that was built with another conf-split, or whose todo is split. */
export function* placeProblems(files: readonly MessageFile[], accounts: Accounts): Generator<Problem> {
  for (const file of files) {
    const place = placeOf(file.folder, file.id, restOf(file))
    if (file.isMoving || file.path === place) continue
    yield { path: `queue/${file.path}`, what: `belongs at queue/${place}`, mend: () => move(accounts.of(file.folder), file.path, place) }
  }
}
