import { accessSync, constants, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Bytes } from '../core/bytes.ts'

/** What exec takes in place of a PATH that is not set. */
const DEFAULT_PATH = '/bin:/usr/bin'

/** The PATH daemons are looked up in, and get: the one given, and after it our own bin/, unless that is among its folders. */
export const searchPath = (home: string, given = DEFAULT_PATH): Bytes => {
  const bin = join(home, 'bin')
  return given.split(':').some((folder) => resolve('/', folder) === bin) ? given : `${given}:${bin}`
}

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false // exec passes over it for the same reason
  }
}

/** The file a name stands for in this PATH, as exec finds it for a child that starts in `/`. */
export const fileInPath = (name: string, path: Bytes): string | undefined =>
  path
    .split(':')
    .map((folder) => resolve('/', folder, name))
    .find(isProgram)
