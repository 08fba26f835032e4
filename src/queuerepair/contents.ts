import { closeSync, openSync, readFileSync, readSync, unlinkSync } from 'node:fs'
import { reason } from '../core/failure.ts'
import { isRoot } from '../os/ids.ts'
import { isHeld } from '../queue/hold.ts'
import { parseInfo } from '../queue/notes.ts'
import { TodoReader } from '../queue/todo.ts'
import type { Accounts } from './accounts.ts'
import type { Folder, MessageFile } from './inventory.ts'
import { as, give } from './owner.ts'
import type { Problem } from './problem.ts'

/** intd and todo may be two names of one file. */
const NAMES: Partial<Record<Folder, number>> = { intd: 2, todo: 2 }

/** Owners and modes. */
export function* ownerProblems(files: readonly MessageFile[], accounts: Accounts): Generator<Problem> {
  for (const { folder, path, stat } of files) {
    const { uid } = accounts.of(folder)
    const mode = accounts.modeOf(folder)
    const wrong = [...(isRoot() && stat.uid !== uid ? ['owner'] : []), ...((stat.mode & 0o7777) === mode ? [] : ['mode'])]
    if (wrong.length > 0) yield { path: `queue/${path}`, what: `has the wrong ${wrong.join(', ')}`, mend: () => give(path, uid, mode, NAMES[folder] ?? 1) }
  }
}

const NEEDS_MESSAGE: readonly Folder[] = ['info', 'local', 'remote', 'intd', 'todo', 'bounce']

/** Files of messages that are not there; and messages nobody knows the recipients of. */
export function* orphanProblems(files: readonly MessageFile[], accounts: Accounts): Generator<Problem> {
  const ids = (folder: Folder): Set<number> => new Set(files.filter((file) => file.folder === folder).map(({ id }) => id))
  const [mess, todo, info] = [ids('mess'), ids('todo'), ids('info')]
  const remove = ({ folder, path }: MessageFile) => ({ mend: (): void => as(accounts.of(folder), () => unlinkSync(path)) })
  for (const file of files) {
    const { folder, path, id } = file
    if (NEEDS_MESSAGE.includes(folder) && !mess.has(id)) yield { path: `queue/${path}`, what: 'its message is gone', ...remove(file) }
    else if (folder === 'hold' && !isHeld('.', id)) yield { path: `queue/${path}`, what: 'holds a message that is gone', ...remove(file) }
    else if ((folder === 'local' || folder === 'remote') && !info.has(id) && !todo.has(id))
      yield { path: `queue/${path}`, what: 'its message has no info: nobody knows its sender' }
  }
}

const CHUNK_BYTES = 65_536

const readPieces = (path: string, take: (piece: string) => void): void => {
  const fd = openSync(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    for (let length = readSync(fd, buffer); length > 0; length = readSync(fd, buffer)) take(buffer.toString('latin1', 0, length))
  } finally {
    closeSync(fd)
  }
}

/** Does every record begin with one of these letters, and end? */
const areRecords = (path: string): boolean => {
  let [isStart, isValid] = [true, true]
  readPieces(path, (piece) => {
    for (let at = 0; at < piece.length; ) {
      if (isStart && piece[at] !== 'T' && piece[at] !== 'D') isValid = false
      const end = piece.indexOf('\0', at)
      isStart = end >= 0
      at = end < 0 ? piece.length : end + 1
    }
  })
  return isValid && isStart
}

const isEnvelope = (path: string): boolean => {
  const reader = new TodoReader()
  readPieces(path, (piece) => void reader.push(piece))
  return reader.isValid && reader.sender !== undefined
}

const makesSense = ({ folder, path }: MessageFile): boolean => {
  if (folder === 'info') return parseInfo(readFileSync(path, 'latin1')) !== undefined
  if (folder === 'local' || folder === 'remote') return areRecords(path)
  return folder !== 'todo' || isEnvelope(path)
}

/** What preprocessing writes: as long as todo is there it is anew, whatever a crash left half written. */
const WRITTEN_ANEW: readonly Folder[] = ['info', 'local', 'remote']

/** Files that make no sense: what is lost nobody can bring back. */
export function* contentProblems(files: readonly MessageFile[]): Generator<Problem> {
  const todo = new Set(files.filter(({ folder }) => folder === 'todo').map(({ id }) => id))
  for (const file of files) {
    if (WRITTEN_ANEW.includes(file.folder) && todo.has(file.id)) continue
    try {
      if (!makesSense(file)) yield { path: `queue/${file.path}`, what: 'is damaged: look at it yourself' }
    } catch (error) {
      yield { path: `queue/${file.path}`, what: `cannot be read: ${reason(error)}` }
    }
  }
}
