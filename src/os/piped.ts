import { accessSync, constants, statSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { startChild } from './child.ts'

/** What a pipe holds without anybody reading: so much may be left unread without our noticing. */
const PIPE_BYTES = 65_536
/** A shell says of a program that a signal ended it: this, and the signal's number. */
const SIGNALLED = 128
const LAST_SIGNAL = 64

/** How a program that was fed through a pipe ended. */
export interface Fed {
  /** Its exit code; null when a signal ended it. */
  code: number | null
  /** It left more unread than a pipe holds. */
  cutShort: boolean
}

/** Resolves when more may be written, or nothing ever will be. */
const room = (to: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      to.off('drain', done).off('close', done)
      resolve()
    }
    to.on('drain', done).on('close', done)
  })

/** Writes all pieces to a stream and ends it; the number of bytes handed over. Stops early when the reader has gone. Throws what the pieces throw. */
export const feed = async (to: Writable, pieces: Iterator<Buffer>): Promise<number> => {
  let bytes = 0
  for (let next = pieces.next(); next.done !== true && !to.destroyed; next = pieces.next()) {
    bytes += next.value.length
    if (!to.write(next.value)) await room(to)
  }
  to.end()
  return bytes
}

/**
 * The shell's line: cat turns the socket we hold into a pipe, which a program can open again as /dev/stdin. The shell must not leave its
 * PWD behind, nor say on our descriptor 2 what ended the program.
 */
const line = (env: Env): string => `${env.PWD === undefined ? 'unset PWD; ' : ''}exec 3>&2 2>/dev/null; cat | "$@" 2>&3 3>&-`

const ended = (code: number | null): number | null => (code !== null && code > SIGNALLED && code <= SIGNALLED + LAST_SIGNAL ? null : code)

/**
 * Runs a program with these pieces on its descriptor 0, through a real pipe, and waits for its end; descriptors 1 and 2 are ours.
 * Throws Temporary when no process can be had, and what the pieces throw.
 */
export const feedProgram = async (args: Bytes[], pieces: Iterable<Buffer>, env: Env, cwd?: Bytes): Promise<Fed> => {
  const child = startChild('/bin/sh', ['-c', line(env), 'sh', ...args], { stdio: ['pipe', 1, 2], env, ...(cwd === undefined ? {} : { cwd }) })
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(new Temporary(`unable to run /bin/sh: ${reason(error)}`, { cause: error })))
    child.on('exit', resolve)
  })
  const to = child.stdin as Writable
  let isRefused = false
  const closed = new Promise((resolve) => to.on('close', resolve))
  to.on('error', () => {
    isRefused = true
    to.destroy()
  })
  let bytes: number
  try {
    bytes = await feed(to, pieces[Symbol.iterator]())
  } catch (error) {
    child.kill()
    await exited
    throw error
  }
  const code = ended(await exited)
  await closed
  return { code, cutShort: isRefused && bytes > PIPE_BYTES }
}

const isProgram = (path: Bytes): boolean => {
  accessSync(fsPath(path), constants.X_OK)
  return statSync(fsPath(path)).isFile()
}

/** Where a program is: the name itself when it has a `/`, else the first of PATH's folders that has it. Undefined: nowhere. */
export const findProgram = (name: Bytes, path: Bytes | undefined): Bytes | undefined => {
  const places = name.includes('/') ? [name] : (path ?? '/bin:/usr/bin').split(':').map((folder) => `${folder === '' ? '.' : folder}/${name}`)
  return places.find((place) => {
    try {
      return isProgram(place)
    } catch {
      return false
    }
  })
}
