import { type Bytes, lower, splitAddress } from '../../core/bytes.ts'
import { addAlias, readAliases } from './aliases.ts'
import { addVirtual, type Found, forwardTo, nothingFound } from './found.ts'
import { deliveryOf } from './items.ts'
import { MAIN_CF, MainCf } from './main-cf.ts'
import { PLAIN_SETTINGS, remarkOn } from './postfix-words.ts'
import { readRestrictions } from './restrictions.ts'
import type { Source } from './source.ts'

/** `[host]:port`, `host:port` or `host` as smtproutes has it, which knows no MX records of relays. */
const nextHop = (found: Found, where: string, text: Bytes): Bytes => {
  const [, literal, port = ''] = /^\[([^\]]+)\](:[0-9]+)?$/.exec(text) ?? []
  if (literal === undefined) {
    found.remarks.push(`${where}: ${text}: its MX records are not asked for here, its address is taken`)
    return text
  }
  const address = literal.replace(/^IPv6:/i, '')
  return `${address.includes(':') ? `[${address}]` : address}${port}`
}

const readTransport = (cf: MainCf, found: Found): void => {
  for (const [key, value] of cf.tables('transport_maps')) {
    const [, transport = '', hop = ''] = /^([^:]*):?(.*)$/s.exec(value.trim()) ?? []
    const where = `transport_maps: ${key}`
    if (!/^(\*|[a-z0-9_.-]+)$/.test(key) || !['', 'smtp', 'relay', 'esmtp'].includes(transport)) found.remarks.push(`${where} ${value}: no such transport here`)
    else found.routes.push(`${key === '*' ? '' : key}:${hop === '' ? '' : nextHop(found, where, hop)}`)
  }
}

const readVirtual = (source: Source, cf: MainCf, found: Found): void => {
  const entries = cf.tables('virtual_alias_maps')
  const domains = new Set(
    cf
      .list('virtual_alias_domains')
      .map(lower)
      .filter((key) => !key.includes('@') && key.includes('.'))
  )
  for (const domain of domains) found.virtual.set(domain, found.virtual.get(domain) ?? new Map())
  for (const [key, value] of entries) {
    if (!key.includes('@') && key.includes('.')) continue // the domain itself
    const { box, host } = splitAddress(key)
    const where = `virtual_alias_maps: ${key}`
    const isLocal = host === undefined || found.locals.includes(host)
    if (isLocal && box !== '') {
      if (host !== undefined && found.locals.length > 1) found.remarks.push(`${where}: counts in all domains of control/locals`)
      addAlias(source, found, box, value, where)
    } else if (isLocal) {
      found.catchAll = catchAllOf(source, found, value, where)
      found.remarks.push(`${where}: takes all mail of control/locals that has no account or alias`)
    } else if (!domains.has(host))
      found.remarks.push(`${where}: mail for ${host} is only rewritten there, not taken; control/virtualdomains and control/rcpthosts would have to name it`)
    else addVirtual(found, host, box === '' ? 'default' : box, box === '' ? catchAllOf(source, found, value, where) : deliveryOf(source, found, value, where))
  }
}

/** `@domain` sends each address to the same one there; others are a delivery as any. */
const catchAllOf = (source: Source, found: Found, value: Bytes, where: string): Bytes[] =>
  /^@[^\s,]+$/.test(value) ? [`|forward "$DEFAULT${value}"`] : deliveryOf(source, found, value, where)

const readNetworks = (cf: MainCf, found: Found): void => {
  for (const word of cf.list('mynetworks')) {
    const address = word.replace(/[[\]]/g, '')
    if (/^::ffff:/i.test(address)) continue // tcpserver knows such clients by their IPv4 address
    if (/^[0-9a-f.:]+(\/[0-9]+)?$/i.test(address)) found.rules.push(`${address.replace(/^::1\/128$/, '::1')}:allow,RELAYCLIENT=""`)
    else found.remarks.push(`${MAIN_CF}: mynetworks: ${word}`)
  }
}

const readDelivery = (cf: MainCf, found: Found): void => {
  const box = cf.get('home_mailbox')
  if (box !== '') found.defaultdelivery = [`./${box}`]
  const command = cf.get('mailbox_command')
  if (command !== '') found.remarks.push(`${MAIN_CF}: mailbox_command = ${command}: as a line of control/defaultdelivery: |preline ${command}`)
  else if (box === '')
    found.remarks.push(`${MAIN_CF}: home_mailbox is not set: mail in /var/mail stays there; new mail goes to ./Maildir/ (control/defaultdelivery)`)
  const others = cf.get('luser_relay')
  if (others !== '') {
    const forward = forwardTo(found, others)
    if (forward === undefined || others.includes('$')) found.remarks.push(`${MAIN_CF}: luser_relay = ${others}`)
    else found.catchAll = [forward]
  }
}

/** Postfix: main.cf, and the tables and files it names. */
export const readPostfix = (source: Source, host: Bytes): Found => {
  const found = nothingFound(host)
  const remark = (text: string): void => void found.remarks.push(text)
  const cf = new MainCf(source, host, remark)
  found.me = lower(cf.get('myhostname'))
  found.locals = [...new Set(cf.list('mydestination').map(lower))]
  found.relayed = cf
    .list('relay_domains')
    .map(lower)
    .flatMap((domain) => (domain.startsWith('.') ? [domain] : [domain, `.${domain}`]))
  const origin = cf.get('myorigin')
  const originDomain = origin.startsWith('/') ? source.lines(origin)[0] : origin
  if (originDomain !== undefined && originDomain !== found.me) found.origin = originDomain
  found.databytes = Number(cf.get('message_size_limit')) || 0
  if (cf.get('relayhost') !== '') found.routes.push(`:${nextHop(found, `${MAIN_CF}: relayhost`, cf.get('relayhost'))}`)
  readTransport(cf, found)
  readNetworks(cf, found)
  readDelivery(cf, found)
  for (const file of cf.aliasFiles()) readAliases(source, found, file)
  readVirtual(source, cf, found)
  readRestrictions(cf, found)
  for (const name of cf.names()) {
    if (PLAIN_SETTINGS.has(name)) continue
    const why = remarkOn(name, cf.get(name))
    if (why !== undefined) remark(`${MAIN_CF}: ${name} = ${cf.get(name)}${why === '' ? '' : `: ${why}`}`)
  }
  for (const line of source.logicalLines('/etc/postfix/master.cf')) {
    if (/^(submissions?|smtps|465|587)\s+inet\s/.test(line))
      remark(`/etc/postfix/master.cf: ${line.split(/\s/)[0]}: this port is another tcpserver's, service/README.md`)
  }
  return found
}
