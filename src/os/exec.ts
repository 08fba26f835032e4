import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { prepare } from './child.ts'

/** Where programs are when $PATH does not say. */
const USUAL_PATH = '/bin:/usr/bin'

/** Node ignores these for itself; who replaces it must find them as they usually are, and a signal that is caught is reset by exec. */
const resetSignals = (): void => {
  for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) process.on(signal, () => {})
}

/** Becomes another program, which keeps descriptors 0, 1 and 2 and this process id. Returns only by throwing Temporary. */
export const becomeProgram = (file: Bytes, args: Bytes[], env: Env, argv0 = file): never => {
  const call = prepare(file, args, { stdio: 'inherit', env, argv0 })
  try {
    resetSignals()
    if (process.execve === undefined) throw new Error('this Node has no execve')
    return process.execve(call.file, [call.options.argv0 ?? call.file, ...call.args], call.options.env)
  } catch (error) {
    throw new Temporary(`unable to run ${file}: ${reason(error)}`, { cause: error })
  }
}

/** Why this file cannot be run, as the system would say; undefined if it can. */
const hindrance = (file: Bytes): unknown => {
  try {
    accessSync(fsPath(file), constants.X_OK)
    return statSync(fsPath(file)).isFile() ? undefined : Object.assign(new Error('not a file'), { code: 'EACCES' })
  } catch (error) {
    return error
  }
}

/** The file a program's name means: itself with a `/` in it, else what $PATH holds under that name. Throws Temporary in the words of an exec that failed. */
export const findProgram = (name: Bytes, env: Readonly<Env>): Bytes => {
  const folders = name.includes('/') ? [] : (env.PATH ?? USUAL_PATH).split(':')
  const candidates = name.includes('/') ? [name] : folders.map((folder) => join(folder === '' ? '.' : folder, name))
  let worst: unknown = Object.assign(new Error('not found'), { code: 'ENOENT' })
  for (const file of name === '' ? [] : candidates) {
    const why = hindrance(file)
    if (why === undefined) return file
    if (errorCode(why) !== 'ENOENT' && errorCode(why) !== 'ENOTDIR') worst = why
  }
  throw new Temporary(`unable to run ${name}: ${reason(worst)}`)
}

/** Becomes the program of this name, looked up in $PATH, with these arguments. Returns only by throwing Temporary. */
export const becomeNamed = (name: Bytes, args: Bytes[], env: Env): never => becomeProgram(findProgram(name, env), args, env, name)
