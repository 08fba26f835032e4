import type { Bytes } from '../../core/bytes.ts'
import { logLine } from '../../core/logline.ts'
import type { Env } from '../../core/run.ts'
import type { AuthAnswer, AuthRequest } from '../../serve/auth-door.ts'
import { authMode } from '../../serve/auth-mode.ts'
import { lookUpIn } from '../../serve/morercpthosts.ts'
import { peerOf } from '../../serve/received.ts'
import { SESSION } from '../../spawn/handover.ts'
import type { SmtpdSettings } from '../settings.ts'
import type { Authentication, AuthUser } from './authentication.ts'
import { maySendFrom } from './senders.ts'

const DELAY_MILLISECONDS = 5000
const STDERR = 2
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/i

/** Asks about a password. Never fails: what cannot be told is temporary. */
export type AskChecker = (request: AuthRequest) => Promise<AuthAnswer>

/** What AUTH puts into the environment (spec modern.md 0.3, 2.3). */
const variablesOf = ({ name, method }: AuthUser): Env => ({
  RELAYCLIENT: '',
  TCPREMOTEINFO: name,
  SMTPAUTHUSER: name,
  SMTP_AUTH_USER: name,
  SMTPAUTHMETHOD: method,
  AUTHUSER: name,
  AUTHPROTOCOL: method
})

/** Puts a user's variables into `env`, or what was there before back. */
const becomer = (env: Env): Authentication['become'] => {
  let before: [string, Bytes | undefined][] = []
  return (user) => {
    for (const [name, value] of before) {
      if (value === undefined) delete env[name]
      else env[name] = value
    }
    const variables = user === undefined ? {} : variablesOf(user)
    before = Object.keys(variables).map((name) => [name, env[name]])
    Object.assign(env, variables)
  }
}

/** The user a front end names, or a verified client certificate names (spec modern.md 1.1, 2.1). */
const certifiedUser = (login: Bytes | undefined, { UCSPITLS, SSL_CLIENT_VERIFY, SSL_CLIENT_S_DN_CN: name = '' }: Readonly<Env>): AuthUser | undefined =>
  login !== undefined
    ? { name: login, method: 'xclient', senders: [] }
    : UCSPITLS === '@' && SSL_CLIENT_VERIFY === 'SUCCESS' && name !== ''
      ? { name, method: 'external', senders: [] }
      : undefined

/** Each is said once only, in this process and any other (RFC 2195 2). */
const challenger = (local: Bytes, number: Bytes) => (): Bytes => {
  const random = globalThis.crypto.getRandomValues(new Uint32Array(2)).join('')
  return `<${number}.${random}.${Math.floor(Date.now() / 1000)}@${local}>`
}

/** Strangers choose these texts: each stays one word. */
const masked = (text: Bytes): Bytes => text.slice(0, 255).replace(/[^!-~]|[<>]/g, '_')

const logger =
  (env: Readonly<Env>, ip: Bytes): Authentication['log'] =>
  (outcome, method, user) => {
    const number = env[SESSION] === undefined ? '' : ` id=${env[SESSION]}`
    logLine(STDERR, `qmail-smtpd[${process.pid}]: auth: ${outcome} type=${method} user=<${masked(user)}> ip=${ip}${number}`)
  }

/** `ask`: undefined, there is no checker. `env`: the session's own, which changes when somebody logs in. `isInMore`: of morercpthosts.cdb. `login`: who has logged in at a front end, as that says. */
export const authenticationFor = (
  env: Env,
  ask: AskChecker | undefined,
  { maxAuthFailures, rcpthosts, senderTables, mailfromrules }: SmtpdSettings,
  isInMore: (key: Bytes) => boolean,
  login?: Bytes
): Authentication | undefined => {
  const mode = authMode(env, ask !== undefined)
  const certified = certifiedUser(login, env)
  if (ask === undefined && !mode.isSubmission && certified === undefined) return undefined
  const { ip, local } = peerOf(env)
  const localIp = env.TCPLOCALIP ?? ''
  const rule = mailfromrules === undefined ? undefined : (key: Bytes) => lookUpIn(mailfromrules, key)
  const service = mode.isSubmission ? 'submission' : 'smtp'
  return {
    ...mode,
    certified,
    isClearAllowed: env.FORCETLS === '0' || LOOPBACK.test(ip),
    isOldOffered: env.SMTPAUTHOLD !== undefined,
    maxFailures: maxAuthFailures,
    isForcedSame: env.FORCEAUTHMAILFROM === '1',
    maySendFrom: (user, sender) => maySendFrom(user, sender, { env, isSubmission: mode.isSubmission, rcpthosts, isInMore, tables: senderTables, rule }),
    delayMilliseconds: DELAY_MILLISECONDS,
    check: async (method, { user, secret }, challenge) => (await ask?.({ method, service, ip, localIp, user, secret, challenge })) ?? { kind: 'temporary' },
    become: becomer(env),
    challenge: challenger(local, env[SESSION] ?? String(process.pid)),
    log: logger(env, ip)
  }
}
