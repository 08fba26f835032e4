import { isIP, isIPv6 } from 'node:net'
import { readSetting } from '../control/read.ts'
import { SPEAKS_TLS } from '../control/speaks-tls.ts'
import { settingsOf } from '../control/table.ts'
import { type Bytes, leadingNumber } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { firstOf, routeKeys, routePlace, senderKeys } from '../format/smtproutes.ts'
import type { Credentials } from './auth.ts'
import { type DaneSettings, readDaneSettings } from './dane-settings.ts'
import type { Tls } from './secure.ts'
import { readTlsSettings, type TlsSettings } from './tls-policy.ts'

/** What control/ says to qmail-remote (spec network.md 6.2). */
export interface Settings {
  helohost: Bytes
  connectSeconds: number
  talkSeconds: number
  routes: Map<Bytes, Bytes> | undefined
  /** What our name is to others; an exchanger of that name is us. */
  me: Bytes | undefined
  /** The address to connect from; undefined: any. */
  outgoingIp: string | undefined
  /** Addresses that are ours, or are not, whatever the interfaces say. */
  moreOwn: readonly Bytes[]
  notOwn: readonly Bytes[]
  /** EHLO is said, and extensions are used, but these, in upper case; undefined: HELO, as qmail does. */
  unusedExtensions: ReadonlySet<Bytes> | undefined
  /** undefined: TLS is not spoken. */
  tls: TlsSettings | undefined
  /** How TLS is led with a certificate of ours; undefined: without. */
  coprocessor?: Tls['coprocessor']
  /** undefined: nobody asks for TLSA records. */
  dane: DaneSettings | undefined
  /** Messages that demand TLS go to verified hosts that do so too, or nowhere. */
  enforcesRequireTls: boolean
  /** Bytes beyond ASCII go only to hosts that say they take them. */
  refusesEightBit: boolean
  /** Passwords may be sent in clear. */
  mayAuthClear: boolean
  /** Relays by sender. */
  senders: Map<Bytes, Bytes> | undefined
}

/** A relay that takes a domain's mail, whatever its MX records say. */
export interface Route {
  relay: Bytes
  port: number
  credentials: Credentials | undefined
}

export const SMTP_PORT = 25

/** An address; 0.0.0.0, :: and what is none mean any. */
const outgoingIp = (text: Bytes | undefined): string | undefined =>
  text === undefined || isIP(text) === 0 || text === '0.0.0.0' || text === '::' ? undefined : text

/** Lines of control/esmtp with a `-` in front are about what we do not use. */
const unusedIn = (lines: readonly Bytes[] | undefined): ReadonlySet<Bytes> | undefined =>
  lines && new Set(lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1).toUpperCase()))

/** The files of control/ that are read here, or that count by being there: each once, as all that are there are looked at for each delivery. */
export const FILES = [...new Set([...settingsOf('qmail-remote'), ...SPEAKS_TLS])]

/** Reads them all. Throws Temporary when one is unreadable, or when we have no name. */
export const readSettings = (home: string): Settings => {
  const helohost = readSetting(home, 'helohost')
  if (helohost === undefined) throw new Temporary('neither control/helohost nor control/me')
  const tls = readTlsSettings(home)
  return {
    helohost,
    connectSeconds: readSetting(home, 'timeoutconnect'),
    talkSeconds: readSetting(home, 'timeoutremote'),
    routes: readSetting(home, 'smtproutes'),
    me: readSetting(home, 'me'),
    outgoingIp: outgoingIp(readSetting(home, 'outgoingip')),
    moreOwn: readSetting(home, 'moreipme') ?? [],
    notOwn: readSetting(home, 'notipme') ?? [],
    unusedExtensions: unusedIn(readSetting(home, 'esmtp')),
    tls,
    dane: tls && readDaneSettings(home),
    enforcesRequireTls: readSetting(home, 'requiretls') > 0,
    refusesEightBit: readSetting(home, 'downgrade') > 0,
    mayAuthClear: readSetting(home, 'authclear') > 0,
    senders: readSetting(home, 'authsenders')
  }
}

/**
 * A relay with its port: `host`, `host:port`, `[literal]:port`, an IPv6 address as it stands, or with `;` before the port, as s/qmail has it.
 */
const relayOf = (place: Bytes): { relay: Bytes; port: Bytes } => {
  if (isIPv6(place)) return { relay: `[${place}]`, port: '' }
  const [, relay = '', port = ''] = /^(\[[^\]]*\]|[^:;]*)[:;]?([\s\S]*)$/.exec(place) ?? []
  return { relay, port }
}

/** `user|password` behind the relay, or older patches' ` user password`; `!` before the user: nothing goes without. */
const credentialsIn = (value: Bytes): Credentials | undefined => {
  const [, user = '', password = ''] = value.includes('|') ? value.split('|') : value.split(/[ \t]+/)
  if (user === '' || password === '') return undefined
  return user.startsWith('!') ? { user: user.slice(1), password, isRequired: true } : { user, password, isRequired: false }
}

const routeIn = (value: Bytes | undefined): Route | undefined => {
  const { relay, port } = relayOf(routePlace(value ?? ''))
  return relay === '' ? undefined : { relay, port: (leadingNumber(port) ?? SMTP_PORT) % 65536, credentials: credentialsIn(value ?? '') }
}

/** The relay for a sender's mail (control/authsenders), which comes before that for a host. */
export const senderRouteOf = (sender: Bytes, senders: Map<Bytes, Bytes> | undefined): Route | undefined =>
  senders ? routeIn(firstOf(senderKeys(sender), senders)) : undefined

/** The route of a host: the first of its keys that is listed decides; an empty relay means MX as usual. */
export const routeOf = (host: Bytes, routes: Map<Bytes, Bytes> | undefined): Route | undefined =>
  routes ? routeIn(firstOf(routeKeys(host), routes)) : undefined
