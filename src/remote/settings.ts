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

/** Reads them all. Throws Temporary when one is unreadable, or when we have no name. */
export const readSettings = (home: string): Settings => {
  const helohost = readSetting(home, 'helohost')
  if (helohost === undefined) throw new Temporary('neither control/helohost nor control/me')
  return {
    helohost,
    connectSeconds: readSetting(home, 'timeoutconnect'),
    talkSeconds: readSetting(home, 'timeoutremote'),
    routes: readRoutes(home)
  }
}

/** What a host may be listed as: itself, each of its ends that starts with a dot, and everything. */
const keysOf = (host: Bytes): Bytes[] => {
  const key = lower(host)
  const dots = Array.from(key.matchAll(/\./g), ({ index }) => index)
  return [key, ...dots.filter((at) => at > 0).map((at) => key.slice(at)), '']
}

/** The route of a host: the first of its keys that is listed decides; an empty relay means MX as usual. */
export const routeOf = (host: Bytes, routes: Map<Bytes, Bytes> | undefined): Route | undefined => {
  const value = routes && keysOf(host).reduce<Bytes | undefined>((found, key) => found ?? routes.get(key), undefined)
  const [relay = '', port = ''] = value?.split(':') ?? []
  return relay === '' ? undefined : { relay, port: (leadingNumber(port) ?? SMTP_PORT) % 65536 }
}
