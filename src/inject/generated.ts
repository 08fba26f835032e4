import type { Bytes } from '../core/bytes.ts'
import { lower } from '../core/bytes.ts'
import { date822, dateStamp } from '../format/date822.ts'
import { unquoted } from '../format/token822.ts'
import { unparseLine } from '../format/unparse822.ts'
import { defaultFrom, type Identity } from './identity.ts'
import type { Hosts } from './rewrite.ts'
import type { Rewritten } from './rewritten.ts'

/** What generated fields are made of. */
export interface Origin {
  who: Identity
  hosts: Hosts
  idHost: Bytes
  /** Addresses of mailing lists ($QMAILMFTFILE), in lower case; undefined: no Mail-Followup-To. */
  lists: ReadonlySet<Bytes> | undefined
}

const followupField = (header: Rewritten, lists: Origin['lists']): Bytes => {
  if (lists === undefined || header.seen.has('mail-followup-to')) return ''
  if (!header.followup.some((address) => lists.has(lower(unquoted(address))))) return ''
  return `Mail-Followup-To: ${header.followup.toReversed().map(unparseLine).join(',\n  ')}\n`
}

/** The fields that are missing, `Resent-` ones for a resent message, each with its LF (spec injection-admin.md 2.10). Throws Unparsable. */
export const generatedFields = (header: Rewritten, { who, hosts, idHost, lists }: Origin): Bytes => {
  const prefix = header.isResent ? 'Resent-' : ''
  const missing = (name: string): boolean => !header.seen.has(lower(prefix + name))
  let text = ''
  if (missing('Date')) text += `${prefix}Date: ${date822(who.milliseconds)}\n`
  if (missing('Message-ID')) text += `${prefix}Message-ID: <${dateStamp(who.milliseconds)}.${who.pid}.qmail@${idHost}>\n`
  if (missing('From')) text += `${prefix}From: ${defaultFrom(who, hosts)}\n`
  if (missing('To') && missing('Cc')) text += `${prefix}Cc: recipient list not shown: ;\n`
  return header.isResent ? text : text + followupField(header, lists)
}
