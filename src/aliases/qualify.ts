import { lineOf, readText } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { type Token, unquoted } from '../format/token822.ts'

/** What incomplete addresses are completed with. */
export interface Domains {
  defaultHost: Bytes
  defaultDomain: Bytes
  plusDomain: Bytes
}

/** The three settings; each that is missing is `me`, and that, when missing, is the word "me" (spec local-delivery.md 6). Unreadable: Temporary. */
export const readDomains = (home: string): Domains => {
  const line = (name: string): Bytes | undefined => {
    const text = readText(home, name)
    return text === undefined ? undefined : lineOf(text)
  }
  const me = line('me') ?? 'me'
  return { defaultHost: line('defaulthost') ?? me, defaultDomain: line('defaultdomain') ?? me, plusDomain: line('plusdomain') ?? me }
}

/** Has an address a domain: an `@` outside quotes? */
export const hasDomain = (address: readonly Token[]): boolean => address.some(({ kind }) => kind === '@')

/** An address complete, as it stands in envelopes. */
export const qualify = (address: readonly Token[], { defaultHost, defaultDomain, plusDomain }: Domains): Bytes => {
  const hosted = hasDomain(address) ? unquoted(address) : `${unquoted(address)}@${defaultHost}`
  const plus = hosted.endsWith('+') ? `${hosted.slice(0, -1)}.${plusDomain}` : hosted
  return plus.includes('.', plus.lastIndexOf('@')) ? plus : `${plus}.${defaultDomain}`
}
