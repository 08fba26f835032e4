import type { Bytes } from '../core/bytes.ts'
import type { Place } from '../net/client.ts'

const MAX_PORT = 65_535
/** LMTP has no port of its own; this is what Postfix, Cyrus and dovecot's examples have. */
const DEFAULT_PORT = 24

/** Where an argument says the server is: a path (with `/`), `host`, `host:port`, `[IPv6]:port`. Undefined: nowhere. */
export const placeOf = (text: Bytes): Place | undefined => {
  if (text.includes('/')) return { path: text }
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  const number = port === undefined ? DEFAULT_PORT : Number(port)
  return host === undefined || number === 0 || number > MAX_PORT ? undefined : { host, port: number }
}
