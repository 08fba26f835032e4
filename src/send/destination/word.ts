import type { Bytes } from '../../core/bytes.ts'

/** What a report tells about the host: it took the message; it was there; it could not be had; nothing. */
export type Word = 'success' | 'answered' | 'trouble' | 'nothing'

const SAID = 'Remote host said: '

/** A status of the network or of routing (RFC 3463 3.5), or of DNS, as qmail-remote writes them (spec network.md 6.1). */
const UNREACHED = /\(#4\.(?:4\.\d+|1\.2)\)/
/** What qmail-remote says where a host lets it in and does not talk (spec network.md 6.1, 6.4). */
const TURNED_AWAY = /^Connected to \S+ but (?:greeting failed|my name was rejected|connection died)/
/** The host closes the connection, whatever was asked (RFC 5321 3.8, 4.2.3). */
const CLOSING = /^421\b/

/** What a report, letter and text, tells about the host. What another program than qmail-remote says tells nothing, unless it has such a code. */
export const wordOf = (letter: Bytes, text: Bytes): Word => {
  if (letter === 'K') return 'success'
  const at = text.indexOf(SAID)
  const ours = at < 0 ? text : text.slice(0, at)
  if (letter === 'Z' && (UNREACHED.test(ours) || TURNED_AWAY.test(ours) || (at >= 0 && CLOSING.test(text.slice(at + SAID.length))))) return 'trouble'
  return at >= 0 ? 'answered' : 'nothing'
}

/** No address of any exchanger could be connected to. */
const UNCONNECTED = /\(#4\.4\.1\)/

/** The same about the exchangers, whosever mail it was: could one be connected to? What it said then may be about a sender or a message, and its closing the connection too. */
export const reachOf = (letter: Bytes, text: Bytes): Word => {
  if (letter === 'K') return 'success'
  if (text.includes(SAID) || text.startsWith('Connected to ')) return 'answered'
  return letter === 'Z' && UNCONNECTED.test(text) ? 'trouble' : 'nothing'
}
