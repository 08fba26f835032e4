import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, reason } from '../core/failure.ts'
import { replay, type Undone } from '../log/replay.ts'
import { splitPath } from '../queue/paths.ts'

/** Segments are files of one digit. */
const SEGMENT = /^[0-9]$/

/** Accepted messages that stand in the commit log and nowhere else, oldest first; not a snapshot. Throws system errors. */
export const loggedMessages = (queue: string): Undone[] => {
  const folder = join(queue, 'log')
  const names = readdirSync(folder).filter((name) => SEGMENT.test(name))
  const { undone } = replay(new Map(names.map((name) => [name, readFileSync(join(folder, name))])))
  return undone.filter(({ number }) => !existsSync(join(queue, splitPath('mess', number))))
}

/**
 * How many accepted messages stand in the commit log and nowhere else: not delivered, and not spilled into mess/ yet. Or why that cannot
 * be known; a queue without a log has none.
 */
export const countLogged = (queue: string): { logged: number; troubles: string[] } => {
  try {
    return { logged: loggedMessages(queue).length, troubles: [] }
  } catch (error) {
    return { logged: 0, troubles: errorCode(error) === 'ENOENT' ? [] : [`unable to read queue/log: ${reason(error)}`] }
  }
}
