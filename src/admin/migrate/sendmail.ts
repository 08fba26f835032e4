import { type Bytes, lower, splitAddress } from '../../core/bytes.ts'
import { addAlias, readAliases } from './aliases.ts'
import { addVirtual, type Found, nothingFound } from './found.ts'
import { deliveryOf } from './items.ts'
import type { Source } from './source.ts'

export const SENDMAIL_MC = '/etc/mail/sendmail.mc'
const FOLDER = '/etc/mail'

/** FEATUREs whose files are read, or that come to nothing here. */
const FEATURES = [
  'use_cw_file use_ct_file access_db mailertable virtusertable no_default_msa greet_pause delay_checks conncontrol ratecontrol',
  'smrsh local_procmail always_add_domain redirect relay_entire_domain accept_unresolvable_domains masquerade_envelope virtuser_entire_domain nullclient dnsbl enhdnsbl'
]
  .join(' ')
  .split(' ')

interface Macro {
  name: Bytes
  args: Bytes[]
}

/** The macros of a .mc file: `NAME(args)`, without what dnl comments out and between divert(-1) and divert(0). */
export const macrosOf = (text: Bytes): Macro[] => {
  const said = text
    .replace(/divert\(-1\)[\s\S]*?divert\(0\)/g, '')
    .split('\n')
    .filter((line) => !/^\s*(dnl|#)/.test(line))
    .join('\n')
  return [...said.matchAll(/\b([A-Z_]{3,}|define)\(([^()]*(?:\([^()]*\)[^()]*)*)\)/g)].map(([, name = '', args = '']) => ({
    name,
    args: args.split(/,(?![^`]*')/).map((arg) => arg.trim().replace(/^`([\s\S]*)'$/, '$1'))
  }))
}

/** `mailer:host` of mailertable and SMART_HOST as smtproutes has it; undefined for other mailers. */
const hostOf = (text: Bytes): Bytes | undefined => {
  const [, mailer, host = ''] = /^(?:([a-z]+):)?(.+)$/.exec(text) ?? []
  if (mailer !== undefined && !['smtp', 'esmtp', 'relay', 'smtp8'].includes(mailer)) return undefined
  const name = host.replace(/^\[(.*)\]$/, '$1').replace(/^IPv6:/i, '')
  return name.includes(':') ? `[${name}]` : name
}

const readMacro = (found: Found, { name, args: [first = '', second = ''] }: Macro): void => {
  const remark = (why: string): void => void found.remarks.push(`${SENDMAIL_MC}: ${name}(${[first, second].filter(Boolean).join(', ')})${why}`)
  if (name === 'MASQUERADE_AS') found.origin = lower(first)
  else if (name === 'FEATURE') {
    if (first === 'nullclient') found.routes.push(`:${second}`)
    if (first === 'dnsbl' || first === 'enhdnsbl') found.dnsbl.push(second || 'blackholes.mail-abuse.org')
    if (!FEATURES.includes(first)) remark('')
  } else if (name === 'DAEMON_OPTIONS') {
    const address = /Addr=([^,\s]+)/.exec(first + second)?.[1]
    if (address !== undefined && address !== '0.0.0.0') remark(`: give tcpserver ${address} in place of 0`)
  } else if (name === 'define') readDefine(found, first, second, remark)
  else if (
    ['MASQUERADE_DOMAIN', 'GENERICS_DOMAIN', 'INPUT_MAIL_FILTER', 'LOCAL_CONFIG', 'LOCAL_DOMAIN', 'RELAY_DOMAIN', 'VIRTUSER_DOMAIN', 'MAIL_FILTER'].includes(
      name
    )
  )
    remark('')
}

const readDefine = (found: Found, name: Bytes, value: Bytes, remark: (why: string) => void): void => {
  if (name === 'SMART_HOST') found.routes.push(`:${hostOf(value) ?? value}`)
  else if (name === 'confMAX_MESSAGE_SIZE') found.databytes = Number(value) || 0
  else if (name === 'confDOMAIN_NAME') found.me = lower(value)
  else if (/^(LUSER_RELAY|MAIL_HUB|LOCAL_RELAY|PROCMAIL_|LOCAL_MAILER|confAUTH|confSERVER_|confINPUT_MAIL_FILTERS)/.test(name)) remark('')
}

const readAccess = (source: Source, found: Found): void => {
  const file = `${FOLDER}/access`
  for (const [key, value] of source.table(file)) {
    const [, tag = '', what = ''] = /^(?:([A-Za-z]+):)?(.*)$/.exec(key) ?? []
    const address = what.replace(/^IPv6:/i, '')
    const isAddress = /^[0-9]+(\.[0-9]+){0,3}$/.test(address) || /^[0-9a-f]*:[0-9a-f:]*$/i.test(address)
    const rule = /^[0-9]+(\.[0-9]+){0,2}$/.test(address) ? `${address}.` : address
    const isRefusal = /^(REJECT|DISCARD|ERROR|[45][0-9][0-9])/i.test(value)
    if (isAddress && /^(Connect)?$/i.test(tag) && (value === 'RELAY' || isRefusal))
      found.rules.push(value === 'RELAY' ? `${rule}:allow,RELAYCLIENT=""` : `${rule}:deny`)
    else if (/^(To)?$/i.test(tag) && value === 'RELAY' && /^[a-z0-9.-]+$/i.test(what)) found.relayed.push(lower(what), `.${lower(what)}`)
    else if (/^(From)?$/i.test(tag) && isRefusal && /^[^\s@]*@?[a-z0-9.-]*$/i.test(what)) found.badmailfrom.push(what.includes('@') ? what : `@${what}`)
    else found.remarks.push(`${file}: ${key} ${value}`)
  }
}

const readMailertable = (source: Source, found: Found): void => {
  const file = `${FOLDER}/mailertable`
  for (const [key, value] of source.table(file)) {
    const host = hostOf(value)
    const user = /^local:(.+)$/.exec(value)?.[1]
    if (host !== undefined) found.routes.push(`${lower(key)}:${host}`)
    else if (user !== undefined && !key.startsWith('.')) addVirtual(found, key, 'default', deliveryOf(source, found, user, `${file}, ${key}`))
    else found.remarks.push(`${file}: ${key} ${value}: no such mailer here`)
  }
}

/** Addresses of virtusertable: of a domain with a catch-all, the domain becomes virtual; of the others each is an alias. */
const readVirtusers = (source: Source, found: Found): void => {
  const file = `${FOLDER}/virtusertable`
  const entries = source.table(file).map(([key, value]): [Bytes, Bytes] => [lower(key), value])
  const whole = new Set(entries.filter(([key]) => key.startsWith('@')).map(([key]) => key.slice(1)))
  found.locals = found.locals.filter((domain) => !whole.has(domain))
  for (const [key, value] of entries) {
    const { box, host = '' } = splitAddress(key)
    const where = `${file}, ${key}`
    if (value.startsWith('error:')) {
      if (whole.has(host))
        addVirtual(found, host, box === '' ? 'default' : box, [`|bouncesaying '${value.replace(/^error:\S*\s*/, '').replaceAll("'", '') || 'no such user'}'`])
      else if (found.aliases.has(box)) found.remarks.push(`${where}: ${value}: the alias ${box} counts there`)
    } else if (whole.has(host)) {
      const delivery = /^%1@[^\s,]+$/.test(value) ? [`|forward "$DEFAULT${value.slice(2)}"`] : deliveryOf(source, found, value, where)
      addVirtual(found, host, box === '' ? 'default' : box, delivery)
    } else if (!found.locals.includes(host)) found.remarks.push(`${where} ${value}: ${host} is not in local-host-names`)
    else {
      if (found.locals.length > 1) found.remarks.push(`${where}: counts in all domains of control/locals`)
      addAlias(source, found, box, value, where)
    }
  }
}

/** sendmail: sendmail.mc, local-host-names, relay-domains, access, mailertable, virtusertable and the alias file. */
export const readSendmail = (source: Source, host: Bytes): Found => {
  const found = nothingFound(host)
  for (const macro of macrosOf(source.text(SENDMAIL_MC) ?? '')) readMacro(found, macro)
  const isNullClient = /^FEATURE\(`nullclient'/m.test(source.text(SENDMAIL_MC) ?? '')
  if (!isNullClient) found.locals = [...new Set(['localhost', found.me, ...source.lines(`${FOLDER}/local-host-names`).map(lower)])]
  found.relayed = source
    .lines(`${FOLDER}/relay-domains`)
    .map(lower)
    .flatMap((domain) => [domain, `.${domain}`])
  found.rules.push('127.0.0.1:allow,RELAYCLIENT=""', '::1:allow,RELAYCLIENT=""')
  readAccess(source, found)
  readMailertable(source, found)
  if (!isNullClient)
    for (const file of [`${FOLDER}/aliases`, '/etc/aliases'].filter((name) => source.text(name) !== undefined).slice(0, 1)) readAliases(source, found, file)
  readVirtusers(source, found)
  for (const name of ['domaintable', 'genericstable', 'userdb', 'trusted-users']) {
    const why = name === 'domaintable' ? '=old:new in control/rewriting' : 'has nothing like it here'
    for (const [key, value] of source.table(`${FOLDER}/${name}`)) found.remarks.push(`${FOLDER}/${name}: ${key} ${value}: ${why}`)
  }
  found.remarks.push('mail in /var/mail stays there; new mail goes to ./Maildir/ (control/defaultdelivery)')
  return found
}
