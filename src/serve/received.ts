import type { Bytes } from '../core/bytes.ts'
import { lower } from '../core/bytes.ts'
import { date822 } from '../format/date822.ts'

/** Who is at the other end, as the listener tells it by the environment (spec network.md 1.3). */
export interface Peer {
  ip: Bytes
  host: Bytes
  info: Bytes | undefined
  /** Our own name, or address. */
  local: Bytes
}

/** The peer by the variables of an environment. */
export const peerOf = (env: Readonly<Record<string, Bytes>>): Peer => ({
  ip: env.TCPREMOTEIP ?? 'unknown',
  host: env.TCPREMOTEHOST ?? 'unknown',
  info: env.TCPREMOTEINFO,
  local: env.TCPLOCALHOST ?? env.TCPLOCALIP ?? 'unknown'
})

/** Strangers choose these texts: nothing but harmless bytes may reach the header. */
export const safe = (text: Bytes): Bytes => text.replace(/[^A-Za-z0-9.@%+/=:\-[\]]/g, '?')

/** The Received field put before a message; `helo` undefined before any HELO; `protocol`: what follows `with` (spec network.md 4.5, modern.md 1.7). */
export const receivedField = (peer: Peer, helo: Bytes | undefined, protocol: Bytes, milliseconds: number): Bytes => {
  const heloPart = helo === undefined || lower(helo) === lower(peer.host) ? '' : ` (HELO ${safe(helo)})`
  const info = peer.info === undefined ? '' : `${safe(peer.info)}@`
  return `Received: from ${safe(peer.host)}${heloPart} (${info}${safe(peer.ip)})\n  by ${safe(peer.local)} with ${protocol}; ${date822(milliseconds)}\n`
}
