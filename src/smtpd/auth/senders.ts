import { type Bytes, lower, splitAddress } from '../../core/bytes.ts'
import type { Env } from '../../core/run.ts'
import { formsOf, namesOf } from '../../format/unicode/a-labels.ts'
import { prependOf } from '../../queue/rewrite.ts'
import { isAllowedRecipient } from '../../serve/recipients.ts'
import type { AuthUser } from './authentication.ts'
import { verdictByRules } from './mailfrom-rules.ts'

/** Domains of ours, for addresses that belong to a user by its name. */
export interface SenderTables {
  /** control/locals, in lower case. */
  locals: ReadonlySet<Bytes>
  /** control/virtualdomains, keys in lower case. */
  virtualdomains: ReadonlyMap<Bytes, Bytes>
}

/** What a decision needs to know beside user and sender. */
export interface SenderQuestion {
  env: Readonly<Env>
  isSubmission: boolean
  rcpthosts: ReadonlySet<Bytes> | undefined
  isInMore: (key: Bytes) => boolean
  tables: () => SenderTables
  /** Looks a key up in control/mailfromrules.cdb; undefined: there is no such file. */
  rule: ((key: Bytes) => Bytes | undefined) | undefined
}

/** Is it this user's box, or an extension of it? */
const isBoxOf = (box: Bytes, user: Bytes): boolean => box === user || box.startsWith(`${user}-`)

/** Does an address fit an entry of the checker: `*`, `user@domain`, `@domain`, `.domain`? */
const fits = (sender: Bytes, entry: Bytes): boolean => {
  if (entry === '*') return true
  if (entry.startsWith('@')) return sender.slice(sender.lastIndexOf('@')) === entry
  return entry.startsWith('.') ? sender.endsWith(entry) : sender === entry
}

/** $LOCALMFCHECK of s/qmail: `=` the user itself, `?` the client certificate's address, else a domain of ours, or the one named. */
const fitsLocalCheck = (sender: Bytes, user: Bytes, word: Bytes, { env, rcpthosts, isInMore }: SenderQuestion): boolean => {
  if (word === '=') return sender === user
  if (word === '?') return [env.SSL_CLIENT_S_DN_Email, env.SSL_CLIENT_SAN_Email_0].some((address) => address !== undefined && lower(address) === sender)
  const { host } = splitAddress(sender)
  return host !== undefined && (host === lower(word) || isAllowedRecipient(sender, rcpthosts, isInMore))
}

/** The addresses that are a user's by its name, as qmail delivers them. */
const isOwn = (sender: Bytes, user: Bytes, { locals, virtualdomains }: SenderTables): boolean => {
  const { box, host = '' } = splitAddress(sender)
  const own = splitAddress(user)
  if (own.host !== undefined) return host === own.host && isBoxOf(box, own.box)
  if (namesOf(host).some((name) => locals.has(name))) return isBoxOf(box, user)
  const prepend = prependOf(sender, virtualdomains)
  return prepend !== undefined && prepend !== '' && isBoxOf(lower(prepend), user)
}

/** May this user send from this address (spec modern.md 2.5)? The first rule that there is decides. Throws Temporary when control/ cannot be read. */
export const maySendFrom = (user: AuthUser, address: Bytes, question: SenderQuestion): boolean => {
  const { env, isSubmission, tables } = question
  const [sender, name] = [lower(address), lower(user.name)]
  if (sender === '') return true
  const client = { user: name, ip: env.TCPREMOTEIP ?? '', host: env.TCPREMOTEHOST }
  const ruled = question.rule && verdictByRules(client, sender, question.rule)
  if (ruled !== undefined) return ruled
  if (user.senders.length > 0) return formsOf(sender).some((form) => user.senders.some((entry) => fits(form, lower(entry))))
  if (env.LOCALMFCHECK !== undefined) return fitsLocalCheck(sender, name, env.LOCALMFCHECK, question)
  if (env.FORCEAUTHMAILFROM === '1') return sender === name
  return isSubmission ? isOwn(sender, name, tables()) : true
}
