import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process'
import { type Bytes, isAscii } from '../core/bytes.ts'
import { ARENAS, type Env, RESIDENT, STAYS } from '../core/run.ts'

export interface Ids {
  uid: number
  gid: number
}

export interface ChildOptions {
  /** The whole list: what is not named is closed. */
  stdio: StdioOptions
  /** The child's whole environment; NODE_*, BUN_*, MIMALLOC_* and LD_* never pass. */
  env: Env
  cwd?: Bytes
  /** Become this user and group, with no other group (only root can). */
  ids?: Ids | undefined
  argv0?: string
  /** Tell the child that it is kept for many jobs (its second gear). */
  resident?: boolean
  /** It is a daemon of the suite's in its first gear. */
  stays?: boolean
}

const utf8 = (text: Bytes): string | undefined => {
  if (isAscii(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  const decoded = bytes.toString('utf8')
  return Buffer.from(decoded, 'utf8').equals(bytes) ? decoded : undefined
}

const isShellName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)

/**
 * The environment a child really gets. Under the permission model Node adds its own flags to NODE_OPTIONS of every child,
 * unless they are there already: a property that is there but not enumerable satisfies it, and is not handed on.
 */
const cleanEnv = ({ env, resident = false, stays = false }: ChildOptions): { env: Record<string, string>; odd: [string, Bytes][] } => {
  const clean: Record<string, string> = {}
  const odd: [string, Bytes][] = []
  for (const [name, value] of Object.entries(env)) {
    if (/^(NODE|BUN|MIMALLOC|LD)_/.test(name) || name === RESIDENT || name === STAYS) continue
    const text = utf8(value)
    const key = utf8(name)
    if (key === undefined) continue
    // A shell hands these on, and it only knows names: one that is none could be a command to it.
    if (text !== undefined) clean[key] = text
    else if (isShellName(key)) odd.push([key, value])
  }
  if (resident || stays) clean[ARENAS] = '1'
  if (resident) clean[RESIDENT] = '1'
  if (stays) clean[STAYS] = '1'
  Object.defineProperty(clean, 'NODE_OPTIONS', { value: '--permission', enumerable: false })
  return { env: clean, odd }
}

const textOf = (path: Bytes): string => {
  const text = utf8(path)
  if (text === undefined) throw new Error('unable to start a program in a folder whose name is not UTF-8')
  return text
}

const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
const octal = (bytes: Bytes): string => Array.from(Buffer.from(bytes, 'latin1'), (b) => `\\${b.toString(8).padStart(3, '0')}`).join('')

/** Node passes arguments as UTF-8 only; other bytes go through a shell that rebuilds them and is then replaced by the program. */
const throughShell = (file: string, args: Bytes[], odd: [string, Bytes][]): { file: string; args: string[] } => {
  const lines: string[] = []
  const rebuilt = (value: Bytes, i: number): string => {
    const plain = utf8(value)
    if (plain !== undefined) return shellQuote(plain)
    lines.push(`v${i}=$(printf '${octal(value)}_'); v${i}=\${v${i}%_}`)
    return `"$v${i}"`
  }
  const words = args.map(rebuilt)
  for (const [i, [name, value]] of odd.entries()) lines.push(`export ${name}=${rebuilt(value, args.length + i)}`)
  return { file: '/bin/sh', args: ['-c', `${lines.join('\n')}\nexec ${shellQuote(file)} ${words.join(' ')}`] }
}

/** What is really run for this call: other bytes than UTF-8 go through a shell. For src/os/exec.ts. */
export const prepare = (file: string, args: Bytes[], options: ChildOptions) => {
  const { env, odd } = cleanEnv(options)
  const isOdd = odd.length > 0 || args.some((a) => utf8(a) === undefined)
  const call = isOdd ? throughShell(file, args, odd) : { file, args: args.map(textOf) }
  return {
    ...call,
    options: {
      env,
      stdio: options.stdio,
      ...(options.cwd === undefined ? {} : { cwd: textOf(options.cwd) }),
      ...(options.argv0 === undefined || isOdd ? {} : { argv0: options.argv0 }),
      ...(options.ids === undefined ? {} : options.ids)
    }
  }
}

/**
 * Starts a program with exactly this environment and these descriptors; a name without `/` is looked up in the PATH given.
 * Failure to start comes as the child's 'error' event. Its signals are at their defaults, SIGPIPE included.
 */
export const startChild = (file: string, args: Bytes[], options: ChildOptions): ChildProcess => {
  const call = prepare(file, args, options)
  return spawn(call.file, call.args, call.options)
}

export interface ChildResult {
  /** The exit code; null when it was killed or did not start. */
  code: number | null
  signal: string | null
  stdout: Buffer
  stderr: Buffer
  /** Why it could not be started. */
  error: Error | undefined
}

/** Runs a program to its end, waiting for it. */
export const runChild = (file: string, args: Bytes[], options: ChildOptions & { input?: Buffer }): ChildResult => {
  const call = prepare(file, args, options)
  const r = spawnSync(call.file, call.args, { ...call.options, ...(options.input ? { input: options.input } : {}), maxBuffer: 1 << 26 })
  const none = Buffer.alloc(0)
  return { code: r.status, signal: r.signal, stdout: r.stdout ?? none, stderr: r.stderr ?? none, error: r.error }
}
