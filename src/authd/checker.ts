import type { Readable, Writable } from 'node:stream'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { startChild } from '../os/child.ts'
import { type AuthAnswer, type AuthRequest, MAX_USER_BYTES } from '../serve/auth-door.ts'

const CHECK_MILLISECONDS = 60_000
const REFUSED = 1
/** What a checker may say on its standard output: the user's name, then addresses it may send from. */
const MAX_OUTPUT_BYTES = 32_768

/** Methods whose name the checker is told in the third field. */
const TOKEN_METHODS = ['oauthbearer', 'xoauth2']

const secretFields = ({ method, user, secret, challenge }: AuthRequest): Buffer =>
  Buffer.from(`${user}\0${secret}\0${TOKEN_METHODS.includes(method) ? method : challenge}\0`, 'latin1')

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
  if (code !== 0) return { kind: code === null || code === 111 ? 'temporary' : 'refused' }
  const [first = '', ...senders] = said.split('\n')
  const canonical = first === '' ? user : first
  if (canonical === '' || canonical.length > MAX_USER_BYTES) return { kind: 'temporary' }
  return { kind: 'good', user: canonical, senders: senders.filter((line) => line !== '').join('\n') }
}

/**
 * Asks a checkpassword program (spec network.md 8.2, modern.md 2.2): descriptor 3 has user, secret and challenge. Never fails: what cannot be told is temporary,
 * and logged. `program`: the command and its arguments. `path`: where it is looked up.
 */
export const askChecker = (program: readonly Bytes[], path: Bytes, request: AuthRequest, log: (line: string) => void): Promise<AuthAnswer> =>
  new Promise((resolve) => {
    const [file = '', ...args] = program
    const { ip, localIp, service } = request
    const env = { PATH: path, PROTO: 'TCP', TCPREMOTEIP: ip, TCPLOCALIP: localIp, SERVICE: service }
    const child = startChild(file, args, { stdio: ['ignore', 'pipe', 2, 'pipe'], env, cwd: '/' })
    const timer = setTimeout(() => {
      log(`warning: ${file} took too long, and is killed`)
      child.kill('SIGKILL')
    }, CHECK_MILLISECONDS)
    const said = collect(child.stdout)
    const secrets = child.stdio[3] as Writable
    secrets.on('error', () => {}) // a checker need not read them all; its exit code says the rest
    secrets.end(secretFields(request))
    child.on('error', (error) => {
      log(`warning: unable to run ${file}: ${reason(error)}`)
      clearTimeout(timer)
      resolve({ kind: 'temporary' })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve(verdict(code, said(), request.user))
    })
  })
