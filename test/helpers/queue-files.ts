import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from './home.ts'
import { runProgram } from './run-program.ts'

/** A message that is queued: its number, envelope and content (latin1). */
export interface Queued {
  id: number
  envelope: string
  message: string
}

const walk = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? walk(join(folder, e.name)) : [join(folder, e.name)]))

/** All files below these folders of queue/ (mess, intd, todo, pid), relative to queue/, sorted. */
export const queueFiles = (home: Home, folders: string[] = ['mess', 'intd', 'todo', 'pid']): string[] =>
  folders.flatMap((folder) => walk(home.at('queue', folder)).map((path) => path.slice(home.at('queue').length + 1))).sort()

/** The messages of todo/, with content; a missing mess file throws. */
export const queued = (home: Home): Queued[] =>
  readdirSync(home.at('queue', 'todo')).map((name) => ({
    id: Number(name),
    envelope: readFileSync(home.at('queue', 'todo', name), 'latin1'),
    message: readFileSync(home.at('queue', 'mess', String(Number(name) % 23), name), 'latin1')
  }))

/** Is nothing in the queue, neither in its files nor in the commit log or drop/? The administrator's programs are asked only when no file is left: each look of theirs costs the suite as much as a message. */
export const isQueueEmpty = (home: Home): boolean =>
  queueFiles(home, ['todo', 'info', 'local', 'remote', 'bounce']).length === 0 &&
  runProgram(home, 'qmail-qstat').stdout.endsWith('preprocessed: 0\n') &&
  runProgram(home, 'qmail-qread').stdout === ''
