import { createHmac } from 'node:crypto'
import { type Bytes, toBuffer } from '../core/bytes.ts'
import type { Reply } from '../net/client-reply.ts'
import { report } from './report.ts'

/** What we are to a relay. */
export interface Credentials {
  user: Bytes
  password: Bytes
  /** Without them nothing is sent: `!` stands before the user. */
  isRequired: boolean
}

type Mechanism = 'PLAIN' | 'LOGIN' | 'CRAM-MD5'

/** Says a line and waits for the answer. */
export type Ask = (line: Bytes) => Promise<Reply>

const base64 = (text: Bytes): string => toBuffer(text).toString('base64')
const challengeIn = ({ text }: Reply): Buffer => Buffer.from(text.slice(4).trim(), 'base64')

/** The best of what a server offers: in clear the password itself is the last thing to be sent. */
export const mechanismFor = (offered: readonly Bytes[], isSecret: boolean): Mechanism | undefined =>
  (isSecret ? (['PLAIN', 'LOGIN', 'CRAM-MD5'] as const) : (['CRAM-MD5', 'PLAIN', 'LOGIN'] as const)).find((mechanism) => offered.includes(mechanism))

const steps: Record<Mechanism, (ask: Ask, credentials: Credentials) => Promise<Reply>> = {
  PLAIN: (ask, { user, password }) => ask(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`),
  LOGIN: async (ask, { user, password }) => {
    let reply = await ask('AUTH LOGIN')
    if (reply.code === 334) reply = await ask(base64(user))
    return reply.code === 334 ? ask(base64(password)) : reply
  },
  'CRAM-MD5': async (ask, { user, password }) => {
    const reply = await ask('AUTH CRAM-MD5')
    if (reply.code !== 334) return reply
    return ask(base64(`${user} ${createHmac('md5', toBuffer(password)).update(challengeIn(reply)).digest('hex')}`))
  }
}

/**
 * Tells a relay who we are (spec modern.md 3.3; RFC 4954, 4616, 2195). A report: nothing may be sent. Never permanent: a mistyped password must not bounce the queue.
 * `offered`: the server's mechanisms; `maySend`: the password would not be seen by others.
 */
export const authenticate = async (
  ask: Ask,
  ip: string,
  credentials: Credentials,
  offered: readonly Bytes[],
  isSecret: boolean,
  maySend: boolean
): Promise<Bytes | undefined> => {
  const mechanism = mechanismFor(offered, isSecret)
  if (mechanism === undefined)
    return credentials.isRequired ? report('Z', `Connected to ${ip} but it knows no way of authentication that I know. (#4.7.0)\n`) : undefined
  if (!maySend) return report('Z', "I won't send a password without TLS. (#4.7.0)\n")
  const reply = await steps[mechanism](ask, credentials)
  return reply.code === 235 ? undefined : report('Z', `Connected to ${ip} but authentication was rejected (${mechanism}).\n`, reply)
}
