import type { Readable, Writable } from 'node:stream'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { startChild } from '../os/child.ts'
import { type AuthAnswer, type AuthRequest, MAX_USER_BYTES } from './auth-door.ts'

const CHECK_MILLISECONDS = 60_000
const REFUSED = 1
const TEMPORARY = 111
/** A shell's codes for what it cannot run. */
const UNRUNNABLE = [126, 127]
/** What a checker may say on its standard output: the user's name, then addresses it may send from. */
const MAX_OUTPUT_BYTES = 32_768

/** Methods whose name the checker is told in the third field. */
const TOKEN_METHODS = ['oauthbearer', 'xoauth2']

/** What a checker reads on descriptor 3: three fields, each ended by NUL. */
const secretFields = ({ method, user, secret, challenge }: AuthRequest): Buffer =>
  Buffer.from(`${user}\0${secret}\0${TOKEN_METHODS.includes(method) ? method : challenge}\0`, 'latin1')

/**
 * Node's pipes are non-blocking beyond descriptor 2, which programs in C take for an error: the shell moves the secrets there. What is at 3 before, where something
 * is, comes to 0.
 */
const WITHOUT_INPUT = 'exec "$@" 3<&0 0</dev/null'
const WITH_INPUT = 'exec "$@" 4<&0 0<&3 3<&4 4<&-'

const collect = (stream: Readable | null): (() => Bytes) => {
  let text = ''
  stream?.on('data', (data: Buffer) => {
    if (text.length < MAX_OUTPUT_BYTES) text += data.toString('latin1')
  })
  stream?.on('error', () => {}) // its end is the child's
  return () => text
}

/** The answer in a checker's exit code and what it said: the first line is the user as it calls it, further ones are addresses. */
const verdict = (code: number | null, said: Bytes, user: Bytes): AuthAnswer => {
  if (code === REFUSED) return { kind: 'refused' }
  if (code === null || code === TEMPORARY || UNRUNNABLE.includes(code)) return { kind: 'temporary' }
  if (code !== 0) return { kind: 'refused' }
  const [first = '', ...senders] = said.split('\n')
  const canonical = first === '' ? user : first
  if (canonical === '' || canonical.length > MAX_USER_BYTES || canonical.includes('\0')) return { kind: 'temporary' }
  return { kind: 'good', user: canonical, senders: senders.filter((line) => line !== '').join('\n') }
}

/** How a checker is run. */
export interface CheckerRun {
  /** The command and its arguments. */
  program: readonly Bytes[]
  env: Env
  cwd?: string
  /** Our descriptor that is its standard input; undefined: it has none. */
  input?: number
  log: (line: string) => void
}

/**
 * Asks a checkpassword program (spec network.md 8.2, modern.md 2.2): descriptor 3 has user, secret and challenge. Never fails: what cannot be told is temporary,
 * and logged.
 */
export const runChecker = ({ program, env, cwd, input, log }: CheckerRun, request: AuthRequest): Promise<AuthAnswer> =>
  new Promise((resolve) => {
    const name = program[0] ?? ''
    const shell = ['-c', input === undefined ? WITHOUT_INPUT : WITH_INPUT, 'sh', ...program]
    const stdio = input === undefined ? (['pipe', 'pipe', 2] as const) : (['pipe', 'pipe', 2, input] as const)
    const child = startChild('/bin/sh', shell, { stdio: [...stdio], env, ...(cwd === undefined ? {} : { cwd }) })
    const timer = setTimeout(() => {
      log(`warning: ${name} took too long, and is killed`)
      child.kill('SIGKILL')
    }, CHECK_MILLISECONDS)
    const said = collect(child.stdout)
    const secrets = child.stdin as Writable
    secrets.on('error', () => {}) // a checker need not read them all; its exit code says the rest
    secrets.end(secretFields(request))
    child.on('error', (error) => {
      log(`warning: unable to run ${name}: ${reason(error)}`)
      clearTimeout(timer)
      resolve({ kind: 'temporary' })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve(verdict(code, said(), request.user))
    })
  })
