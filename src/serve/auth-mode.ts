import type { Bytes } from '../core/bytes.ts'
import { lower } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'

/** Ways to log in, in the order EHLO has them (spec modern.md 2.1). */
export const MECHANISMS = ['LOGIN', 'PLAIN', 'CRAM-MD5', 'OAUTHBEARER', 'XOAUTH2'] as const
export type Mechanism = (typeof MECHANISMS)[number]

const USUAL: readonly Mechanism[] = ['LOGIN', 'PLAIN']
const NAMED: Readonly<Record<Bytes, readonly Mechanism[]>> = { cram: ['CRAM-MD5'], oauth: ['OAUTHBEARER', 'XOAUTH2'] }
const OFF: readonly Bytes[] = ['-', '0']
/** Ports of submission: to one of them nobody connects but to log in. */
const PORTS: readonly (Bytes | undefined)[] = ['587', '465']

/** What AUTH is in a connection. */
export interface AuthMode {
  /** What may be used; none: AUTH is off. */
  mechanisms: readonly Mechanism[]
  /** Nothing is taken from one who has not logged in, and the rules of submission hold (spec modern.md 2.4). */
  isSubmission: boolean
}

/** `+cram` adds to the usual ones, `cram` stands instead of them; any other word means them. */
const mechanismsIn = (text: Bytes): readonly Mechanism[] => {
  const named = text.split('+').flatMap((word) => (Object.hasOwn(NAMED, word) ? (NAMED[word] ?? []) : []))
  const wanted = text.startsWith('+') || named.length === 0 ? [...USUAL, ...named] : named
  return MECHANISMS.filter((mechanism) => wanted.includes(mechanism))
}

/**
 * Reads $SMTPAUTH, $SUBMISSION and the port (spec modern.md 2.1, 2.4, network.md 10.2). `hasChecker`: there is somebody to ask about passwords; without, a port alone
 * changes nothing, for nobody could log in.
 */
export const authMode = ({ SMTPAUTH, SUBMISSION, TCPLOCALPORT }: Readonly<Env>, hasChecker: boolean): AuthMode => {
  const word = SMTPAUTH === undefined ? undefined : lower(SMTPAUTH)
  const isOff = word !== undefined && OFF.includes(word)
  const isByPort = hasChecker && !isOff && PORTS.includes(TCPLOCALPORT)
  const isSubmission = SUBMISSION !== undefined || word?.startsWith('!') === true || isByPort
  const isOn = hasChecker && !isOff && (word !== undefined || isSubmission)
  return { mechanisms: isOn ? mechanismsIn((word ?? '').replace(/^!/, '')) : [], isSubmission }
}

/** Can the client of this connection log in? */
export const canLogIn = (env: Readonly<Env>): boolean => authMode(env, true).mechanisms.length > 0
