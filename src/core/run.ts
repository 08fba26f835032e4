import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Bytes } from './bytes.ts'
import { isAscii, utf8Bytes } from './bytes.ts'
import { exitFor, explain, Usage } from './failure.ts'
import { writeFd } from './fdio.ts'
import { logLine } from './logline.ts'

/** Environment variables as byte strings. */
export type Env = Record<string, Bytes>

/** What a program is given; nothing in src/ reads argv, environment or its own location by itself. */
export interface Context {
  /** The program's name, as in bin/ and in the table of programs. */
  name: string
  /** The last component of the path it was called by (`mailq`). */
  invokedAs: string
  /** The installation's home: the folder above the one the program file is in. Absolute. */
  home: string
  /** The arguments after the program's name. */
  args: Bytes[]
  /** A copy of the environment, for the program to change and hand on. */
  env: Env
  /** True when a parent of the suite keeps this process for many jobs (docs/internals.md, Two gears). */
  resident: boolean
}

/** Set by a parent that runs the program in its second gear; never handed on. */
export const RESIDENT = 'QMAIL_RESIDENT'
/** Set for a daemon that is in its first gear (`stays` in the table of programs), by its parent or its first line; never handed on. */
export const STAYS = 'QMAIL_STAYS'
/** Set for what is resident or stays, to 1, and never handed on: with an arena for each thread glibc keeps 2 to 4 MB more for every daemon that has worked (bench/RESULTS.md). */
export const ARENAS = 'MALLOC_ARENA_MAX'

const rawList = (file: string): Bytes[] => readFileSync(file, 'latin1').split('\0').slice(0, -1)
const mangled = (text: string): boolean => text.includes('\ufffd')
const decode = (text: string): Bytes => (isAscii(text) ? text : utf8Bytes(text))

const readArgs = (): Bytes[] => {
  const args = process.argv.slice(2)
  return args.some(mangled) ? rawList('/proc/self/cmdline').slice(-args.length) : args.map(decode)
}

const readEnv = (): Env => {
  const entries = Object.entries(process.env).map(([name, value]) => [name, value ?? ''] as const)
  if (!entries.some(([name, value]) => mangled(name) || mangled(value))) return Object.fromEntries(entries.map(([n, v]) => [decode(n), decode(v)]))
  return Object.fromEntries(
    rawList('/proc/self/environ')
      .filter((entry) => entry.includes('='))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)])
  )
}

/** Under its name `ps`, `pgrep` and administrators know the process; Bun's title does not reach the kernel. */
const nameProcess = (name: string): void => {
  process.title = name
  if (process.versions.bun === undefined) return
  try {
    writeFileSync('/proc/self/comm', name)
  } catch {
    // where /proc is missing nobody looks for it there
  }
}

/** What the build puts into each bundle from the table of programs: the text for --help, empty where that is a word like any other. */
declare const QMAIL_HELP: string

const isHelpAsked = (args: Bytes[]): boolean => typeof QMAIL_HELP === 'string' && QMAIL_HELP !== '' && args.length === 1 && args[0] === '--help'

/**
 * Runs a program: names the process, calls `main`, and leaves with the exit code it returns; with --help as the only argument, says what the table says of it. What it throws becomes one line on
 * descriptor 2 (of Usage: its own words; of an empty one: nothing) and exit 100 (Permanent) or 111 (all else). The only place of the suite that ends a process.
 */
export const run = (name: string, main: (context: Context) => number | Promise<number>): void => {
  const fail = (error: unknown): never => {
    const text = explain(error)
    if (text !== '') logLine(2, error instanceof Usage ? error.message : `${name}: fatal: ${text}`)
    process.exit(exitFor(error))
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  try {
    const args = readArgs()
    if (isHelpAsked(args)) {
      writeFd(1, QMAIL_HELP)
      process.exit(0)
    }
    const env = readEnv()
    const resident = env[RESIDENT] === '1'
    if (resident || env[STAYS] === '1') delete env[ARENAS]
    delete env[RESIDENT]
    delete env[STAYS]
    nameProcess(name)
    const program = process.argv[1] ?? name
    const home = dirname(dirname(__filename))
    const code = main({ name, invokedAs: basename(program), home, args, env, resident })
    if (typeof code === 'number') process.exit(code)
    code.then((value) => process.exit(value), fail)
  } catch (error) {
    fail(error)
  }
}
