import { isIP } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import type { Addresses, Names } from './peer.ts'

/** Finds out about the two ends of a connection what their numbers do not tell. */
export type FindNames = (addresses: Addresses) => Promise<Names>

/** What is to be asked, and of whom (spec network.md 2.1, options -h -p -l -r -t). */
export interface NameOptions {
  /** Our own name; undefined: DNS is asked. */
  localName: Bytes | undefined
  looksUpRemote: boolean
  /** Only a name that has the address counts. */
  isParanoid: boolean
  asksIdent: boolean
  identSeconds: number
}

/** What finds names out as these options say. The modules for it are loaded at the first question. */
export const nameFinder = (options: NameOptions, env: Readonly<Env>): FindNames => {
  const { localName, looksUpRemote, isParanoid, asksIdent, identSeconds } = options
  if (localName !== undefined && !looksUpRemote && !asksIdent) return async () => ({ localHost: localName, remoteHost: undefined, remoteInfo: undefined })
  let lookup: Promise<import('./names.ts').NameLookup> | undefined
  const names = () => (lookup ??= import('./names.ts').then(({ NameLookup }) => new NameLookup(env)))
  const remote = async (ip: Bytes): Promise<Bytes | undefined> => {
    const host = looksUpRemote ? await (await names()).nameOf(ip) : undefined
    return host !== undefined && isParanoid && !(await (await names()).hasAddress(host, ip)) ? undefined : host
  }
  return async (addresses) => ({
    localHost: localName ?? (await (await names()).nameOf(addresses.localIp)),
    remoteHost: await remote(addresses.remoteIp),
    remoteInfo: asksIdent ? await (await import('./ident.ts')).askIdent(addresses, identSeconds) : undefined
  })
}

/** An address written in numbers: IPv6, or four numbers with dots, each modulo 256; undefined: it is a name. */
export const literalAddress = (host: Bytes): string | undefined => {
  const parts = /^([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/.exec(host)
  if (parts === null) return isIP(host) ? host : undefined
  return parts
    .slice(1)
    .map((n) => Number(BigInt.asUintN(8, BigInt(n))))
    .join('.')
}
