import type { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { becomeNamed } from '../os/exec.ts'
import { askAuthDoor } from '../serve/auth-ask.ts'
import { CheckExit } from './check.ts'
import { readCredentials } from './credentials.ts'

/** Tokens are longer than passwords. */
const MAX_BYTES = 8192
const TOKEN_METHODS: readonly Bytes[] = ['oauthbearer', 'xoauth2']
const SERVICES: Readonly<Record<Bytes, Bytes>> = { 110: 'pop3', 995: 'pop3', 465: 'submission', 587: 'submission' }

/** How the third field was come by; whoever wrote it did not say. */
const methodOf = (third: Bytes): Bytes => (third === '' ? 'plain' : TOKEN_METHODS.includes(third) ? third : 'cram-md5')

/** Asks qmail-authd about what stands on descriptor 3; becomes the program if the password is right. Else resolves with the exit code. Throws Temporary. */
export const checkAtDoor = async ([program, ...args]: readonly Bytes[], env: Env, open: () => Promise<Socket | undefined>): Promise<number> => {
  const credentials = readCredentials(MAX_BYTES)
  if (credentials === undefined) return CheckExit.misused
  const { login, password, third } = credentials
  const method = methodOf(third)
  const service = env.SERVICE ?? SERVICES[env.TCPLOCALPORT ?? ''] ?? 'smtp'
  const challenge = method === third ? '' : third
  const { TCPREMOTEIP: ip = '', TCPLOCALIP: localIp = '' } = env
  const answer = await askAuthDoor(open, { method, service, ip, localIp, user: login, secret: password, challenge })
  if (answer.kind === 'refused') return CheckExit.refused
  if (answer.kind !== 'good') throw new Temporary('unable to ask qmail-authd')
  return program === undefined ? Exit.ok : becomeNamed(program, args, env)
}
