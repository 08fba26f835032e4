import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import glob from 'fast-glob'
import { reason } from '../core/failure.ts'
import { queueFolder } from '../queue/paths.ts'
import { countDropped } from './droplist.ts'
import { countLogged } from './logcount.ts'

/** How much the queue holds, and what could not be looked at. */
export interface QueueCounts {
  /** Files below the folders of mess/, stray and half-written ones included; and what waits in drop/ or stands in the commit log. */
  messages: number
  /** Files below todo/; and what waits in drop/ or stands in the commit log. */
  unprocessed: number
  troubles: string[]
}

const count = async (cwd: string, pattern: string): Promise<number> => {
  let files = 0
  const found = glob.stream(pattern, { cwd, dot: true, onlyFiles: true, followSymbolicLinks: false, suppressErrors: true })
  for await (const _ of found) files++
  return files
}

const trouble = (queue: string, folder: string): string[] => {
  try {
    readdirSync(join(queue, folder))
    return []
  } catch (error) {
    return [`unable to read queue/${folder}: ${reason(error)}`]
  }
}

/** Counts the files of the queue (spec injection-admin.md 6.1), and the messages that wait to get in. What cannot be read counts nothing. */
export const countQueue = async (home: string): Promise<QueueCounts> => {
  const queue = queueFolder(home)
  const drop = countDropped(home)
  const log = countLogged(queue)
  const elsewhere = drop.dropped + log.logged
  return {
    messages: (await count(queue, 'mess/*/**')) + elsewhere,
    unprocessed: (await count(queue, 'todo/**')) + elsewhere,
    troubles: [...trouble(queue, 'mess'), ...trouble(queue, 'todo'), ...drop.troubles, ...log.troubles]
  }
}
