import { type Bytes, toBuffer } from '../core/bytes.ts'
import { Permanent } from '../core/failure.ts'
import { NetstringParser, netstring } from '../core/netstring.ts'

/** Limits of qmail-authd's door (spec modern.md 2.2), in bytes. */
export const MAX_USER_BYTES = 255
export const MAX_SECRET_BYTES = 4096
export const MAX_REQUEST_BYTES = 8192
/** A list of senders may be long. */
export const MAX_ANSWER_BYTES = 65_536

/** One step of an authentication, as a server asks for it. */
export interface AuthRequest {
  /** `plain`, `login`, `cram-md5`, `oauthbearer`, `xoauth2`, `apop`. */
  method: Bytes
  /** `smtp`, `submission`, `pop3`. */
  service: Bytes
  ip: Bytes
  localIp: Bytes
  user: Bytes
  /** Password, digest or token. */
  secret: Bytes
  /** Empty where the method has none. */
  challenge: Bytes
}

/** What came of it. Temporary: nobody could tell. */
export type AuthAnswer =
  /** `user`: as the checker calls the account; `senders`: addresses it may use, a line each. */
  { kind: 'good'; user: Bytes; senders: Bytes } | { kind: 'refused' } | { kind: 'temporary' } | { kind: 'more'; challenge: Bytes }

const FIELDS = ['method', 'service', 'ip', 'localIp', 'user', 'secret', 'challenge'] as const
const pack = (parts: readonly Bytes[]): Buffer => netstring(Buffer.concat(parts.map((part) => netstring(toBuffer(part)))))

const unpack = (data: Buffer): Bytes[] => {
  const parser = new NetstringParser(data.length)
  parser.push(data)
  const parts: Bytes[] = []
  let used = 0
  for (let part = parser.next(); part; part = parser.next()) {
    parts.push(part.toString('latin1'))
    used += part.length + String(part.length).length + 2
  }
  if (used !== data.length) throw new Permanent('malformed netstring')
  return parts
}

/** A request for the wire: a netstring of netstrings. */
export const packRequest = (request: AuthRequest): Buffer => pack(FIELDS.map((name) => request[name]))

/** A request off the wire, without its outer netstring. Throws Permanent where it is none, too long, or has NUL where none may be. */
export const unpackRequest = (data: Buffer): AuthRequest => {
  const [method = '', service = '', ip = '', localIp = '', user = '', secret = '', challenge, ...more] = unpack(data)
  if (challenge === undefined || more.length > 0) throw new Permanent('a request has seven fields')
  if (user.length > MAX_USER_BYTES || secret.length > MAX_SECRET_BYTES) throw new Permanent('user or secret too long')
  if ([method, service, ip, localIp, user, secret, challenge].some((field) => field.includes('\0'))) throw new Permanent('NUL in a field')
  return { method, service, ip, localIp, user, secret, challenge }
}

const CODES = { good: '0', refused: '1', temporary: '111', more: '334' } as const

/** An answer for the wire. */
export const packAnswer = (answer: AuthAnswer): Buffer => {
  if (answer.kind === 'good') return pack([CODES.good, answer.user, answer.senders])
  return pack(answer.kind === 'more' ? [CODES.more, answer.challenge] : [CODES[answer.kind]])
}

/** An answer off the wire, without its outer netstring. What is not known is temporary. Throws Permanent where it is no answer. */
export const unpackAnswer = (data: Buffer): AuthAnswer => {
  const [code, first = '', second = ''] = unpack(data)
  if (code === CODES.good) return { kind: 'good', user: first, senders: second }
  if (code === CODES.more) return { kind: 'more', challenge: first }
  return { kind: code === CODES.refused ? 'refused' : 'temporary' }
}
