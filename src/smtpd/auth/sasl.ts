import type { Bytes } from '../../core/bytes.ts'

/** What a client says of itself: who it is, and what shows it. */
export interface Claim {
  user: Bytes
  /** Password, digest or token. */
  secret: Bytes
}

/** A response is no response, or claims to act for somebody else. */
export type Trouble = 'malformed' | 'refused'

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The bytes in a line of base64 (RFC 4648 4); undefined: it is none. */
export const fromBase64 = (line: Bytes): Bytes | undefined => (BASE64.test(line) ? Buffer.from(line, 'base64').toString('latin1') : undefined)

export const toBase64 = (text: Bytes): Bytes => Buffer.from(text, 'latin1').toString('base64')

/** A password of no bytes must never reach a checker: to an LDAP server that is a question nobody asked (spec modern.md 9, 6). */
const claim = (user: Bytes, secret: Bytes): Claim | Trouble => (user === '' || secret === '' || /\0/.test(user + secret) ? 'malformed' : { user, secret })

/** `[authzid] NUL authcid NUL password` (RFC 4616). To act for another is refused. */
export const plainClaim = (response: Bytes): Claim | Trouble => {
  const [authzid, user, secret, ...more] = response.split('\0')
  if (authzid === undefined || user === undefined || secret === undefined || more.length > 0) return 'malformed'
  const made = claim(user, secret)
  return typeof made === 'string' || authzid === '' || authzid === user ? made : 'refused'
}

export const loginClaim = (user: Bytes, secret: Bytes): Claim | Trouble => claim(user, secret)

/** `user SP digest`, the digest in hexadecimal (RFC 2195). */
export const cramClaim = (response: Bytes): Claim | Trouble => {
  const space = response.lastIndexOf(' ')
  const digest = response.slice(space + 1)
  return space < 0 || !/^[0-9a-f]{32}$/i.test(digest) ? 'malformed' : claim(response.slice(0, space), digest.toLowerCase())
}

/** `key=value` pairs, each ended by ^A, and a last ^A; undefined: these are none. */
const pairsIn = (text: Bytes): Map<Bytes, Bytes> | undefined => {
  if (!text.endsWith('\x01\x01')) return undefined
  const pairs = text.slice(0, -2).split('\x01')
  return pairs.every((pair) => pair.includes('='))
    ? new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
    : undefined
}

const tokenClaim = (user: Bytes, authorization: Bytes | undefined): Claim | Trouble => {
  const token = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1]
  return token === undefined || user.includes('\0') ? 'malformed' : { user, secret: token }
}

/** `n,[a=USER],^A key=value ^A ... ^A` (RFC 7628 3.1). A user that is not said is empty: the token tells the checker. */
export const bearerClaim = (response: Bytes): Claim | Trouble => {
  const [, authzid = '', rest = ''] = /^[ny],(?:a=([^,]*))?,\x01([\s\S]*)$/.exec(response) ?? []
  const pairs = pairsIn(rest)
  if (pairs === undefined) return 'malformed'
  return tokenClaim(authzid.replaceAll(/=2C/gi, ',').replaceAll(/=3D/gi, '='), pairs.get('auth'))
}

/** `user=USER ^A auth=Bearer TOKEN ^A ^A`. */
export const xoauth2Claim = (response: Bytes): Claim | Trouble => {
  const pairs = pairsIn(response)
  return pairs === undefined ? 'malformed' : tokenClaim(pairs.get('user') ?? '', pairs.get('auth'))
}

/** What a refused token is answered with, before the client has to say something (RFC 7628 3.2.2). */
export const TOKEN_REFUSED = '{"status":"invalid_token","schemes":"bearer","scope":""}'
