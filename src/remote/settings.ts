import { isIP, isIPv6 } from 'node:net'
import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import { type Bytes, leadingNumber, lower } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { identity } from '../os/own.ts'

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
}

/** A relay that takes a domain's mail, whatever its MX records say. */
export interface Route {
  relay: Bytes
  port: number
}

export const SMTP_PORT = 25

let lastRoutes: { version: string; routes: Settings['routes'] } | undefined

/** control/smtproutes may be long: a resident process reads it again only when it has changed. */
const readRoutes = (home: string): Settings['routes'] => {
  const file = join(home, 'control', 'smtproutes')
  const version = `${file} ${identity(file)}`
  if (lastRoutes?.version !== version) lastRoutes = { version, routes: readSetting(home, 'smtproutes') }
  return lastRoutes.routes
}

/** An address; 0.0.0.0, :: and what is none mean any. */
const outgoingIp = (text: Bytes | undefined): string | undefined =>
  text === undefined || isIP(text) === 0 || text === '0.0.0.0' || text === '::' ? undefined : text

/** Lines of control/esmtp with a `-` in front are about what we do not use. */
const unusedIn = (lines: readonly Bytes[] | undefined): ReadonlySet<Bytes> | undefined =>
  lines && new Set(lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1).toUpperCase()))

/** Reads them all. Throws Temporary when one is unreadable, or when we have no name. */
export const readSettings = (home: string): Settings => {
  const helohost = readSetting(home, 'helohost')
  if (helohost === undefined) throw new Temporary('neither control/helohost nor control/me')
  return {
    helohost,
    connectSeconds: readSetting(home, 'timeoutconnect'),
    talkSeconds: readSetting(home, 'timeoutremote'),
    routes: readRoutes(home),
    me: readSetting(home, 'me'),
    outgoingIp: outgoingIp(readSetting(home, 'outgoingip')),
    moreOwn: readSetting(home, 'moreipme') ?? [],
    notOwn: readSetting(home, 'notipme') ?? [],
    unusedExtensions: unusedIn(readSetting(home, 'esmtp'))
  }
}

/** What a host may be listed as: itself, each of its ends that starts with a dot, and everything. */
const keysOf = (host: Bytes): Bytes[] => {
  const key = lower(host)
  const dots = Array.from(key.matchAll(/\./g), ({ index }) => index)
  return [key, ...dots.filter((at) => at > 0).map((at) => key.slice(at)), '']
}

/**
 * A relay with its port: `host`, `host:port`, `[literal]:port`, an IPv6 address as it stands, or with `;` before the port, as s/qmail has it. What follows a `|`
 * is not about where it is.
 */
const relayOf = (value: Bytes): { relay: Bytes; port: Bytes } => {
  const [place = ''] = value.split('|', 1)
  if (isIPv6(place)) return { relay: `[${place}]`, port: '' }
  const [, relay = '', port = ''] = /^(\[[^\]]*\]|[^:;]*)[:;]?([\s\S]*)$/.exec(place) ?? []
  return { relay, port }
}

/** The route of a host: the first of its keys that is listed decides; an empty relay means MX as usual. */
export const routeOf = (host: Bytes, routes: Map<Bytes, Bytes> | undefined): Route | undefined => {
  const value = routes && keysOf(host).reduce<Bytes | undefined>((found, key) => found ?? routes.get(key), undefined)
  const { relay, port } = relayOf(value ?? '')
  return relay === '' ? undefined : { relay, port: (leadingNumber(port) ?? SMTP_PORT) % 65536 }
}
