import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { quoteBox } from '../format/quote.ts'
import { type Token, unquoted } from '../format/token822.ts'
import { unparseLine } from '../format/unparse822.ts'
import { type Hosts, mustTokenize, rewrite } from './rewrite.ts'

/** Who sends, by the environment (spec injection-admin.md 2.2), and when: start-up's time and process id mark all that is generated. */
export interface Identity {
  user: Bytes
  host: Bytes | undefined
  name: Bytes | undefined
  senderUser: Bytes
  senderHost: Bytes | undefined
  /** QMAILINJECT. */
  letters: Bytes
  milliseconds: number
  pid: number
}

/** The first of these variables that is set, be it empty. */
export const firstSet = (env: Env, names: readonly string[]): Bytes | undefined => {
  const name = names.find((n) => env[n] !== undefined)
  return name === undefined ? undefined : env[name]
}

/** Variables that name the user, in their order. */
export const USER_VARIABLES = ['QMAILUSER', 'MAILUSER', 'USER', 'LOGNAME'] as const

export const identityOf = (env: Env, milliseconds: number, pid: number): Identity => {
  const user = firstSet(env, USER_VARIABLES) ?? 'anonymous'
  const host = firstSet(env, ['QMAILHOST', 'MAILHOST'])
  return {
    user,
    host,
    name: firstSet(env, ['QMAILNAME', 'MAILNAME', 'NAME']),
    senderUser: env.QMAILSUSER ?? user,
    senderHost: env.QMAILSHOST ?? host,
    letters: env.QMAILINJECT ?? '',
    milliseconds,
    pid
  }
}

const address = (user: Bytes, host: Bytes | undefined, hosts: Hosts): Token[] =>
  rewrite(mustTokenize(host === undefined ? quoteBox(user) : `${quoteBox(user)}@${host}`), hosts)

/** The address of the generated From field, with the personal name if there is one. Throws Unparsable. */
export const defaultFrom = (who: Identity, hosts: Hosts): Bytes => {
  const from = address(who.user, who.host, hosts)
  if (who.name === undefined) return unparseLine(from)
  if (who.letters.includes('c')) return unparseLine([...from, { kind: 'comment', text: who.name }])
  return unparseLine([{ kind: 'quoted', text: who.name }, { kind: '<', text: '<' }, ...from, { kind: '>', text: '>' }])
}

/** The envelope sender for want of another, raw; `m` and `r` make it a VERP one (2.11). Throws Unparsable. */
export const defaultSender = (who: Identity, hosts: Hosts): Bytes => {
  const perMessage = who.letters.includes('m') ? `-${Math.floor(who.milliseconds / 1000)}.${who.pid}` : ''
  const perRecipient = who.letters.includes('r') ? '-' : ''
  return unquoted(address(who.senderUser + perMessage + perRecipient, who.senderHost, hosts))
}
