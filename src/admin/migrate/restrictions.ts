import type { Bytes } from '../../core/bytes.ts'
import type { Found } from './found.ts'
import type { MainCf } from './main-cf.ts'

/** Settings that are lists of restrictions. */
export const RESTRICTIONS = [
  'smtpd_client_restrictions',
  'smtpd_helo_restrictions',
  'smtpd_sender_restrictions',
  'smtpd_relay_restrictions',
  'smtpd_recipient_restrictions',
  'smtpd_data_restrictions'
] as const
/** What is so here anyway. */
const ALWAYS = [
  'permit_mynetworks',
  'permit_sasl_authenticated',
  'permit_tls_clientcerts',
  'reject_unauth_destination',
  'defer_unauth_destination',
  'reject_unlisted_recipient',
  'permit'
]
const TAKES_ARGUMENT = /^(check_\w+|reject_rbl_client|reject_rhsbl_\w+|permit_dnswl_client|warn_if_reject)$/

const readSenders = (cf: MainCf, found: Found, name: Bytes, table: Bytes): void => {
  for (const [key, value] of cf.tableOf(name, table)) {
    const entry = key.includes('@') ? key : `@${key}`
    if (/^(REJECT|[45][0-9][0-9])\b/i.test(value) && /^[^\s]*@[a-z0-9.-]+$/.test(entry)) found.badmailfrom.push(entry)
    else found.remarks.push(`${name}: ${key} ${value}`)
  }
}

const readClients = (cf: MainCf, found: Found, name: Bytes, table: Bytes): void => {
  for (const [key, value] of cf.tableOf(name, table)) {
    if (/^(REJECT|[45][0-9][0-9])\b/i.test(value) && /^[0-9a-f.:]+(\/[0-9]+)?$/.test(key))
      found.rules.push(`${/^[0-9]+(\.[0-9]+){0,2}$/.test(key) ? `${key}.` : key}:deny`)
    else found.remarks.push(`${name}: ${key} ${value}`)
  }
}

/** The lists of restrictions: block lists, and tables of senders and clients, are carried over. */
export const readRestrictions = (cf: MainCf, found: Found): void => {
  for (const name of RESTRICTIONS) {
    const words = cf
      .get(name)
      .split(/[\s,]+/)
      .filter(Boolean)
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as string
      const argument = TAKES_ARGUMENT.test(word) ? (words[++i] ?? '') : ''
      if (word === 'reject_rbl_client' && /^[a-z0-9.-]+$/i.test(argument)) found.dnsbl.push(argument)
      else if (word === 'check_sender_access') readSenders(cf, found, name, argument)
      else if (word === 'check_client_access') readClients(cf, found, name, argument)
      else if (!ALWAYS.includes(word)) found.remarks.push(`${name}: ${[word, argument].filter(Boolean).join(' ')}`)
    }
  }
}
