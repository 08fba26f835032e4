import type { Bytes } from '../core/bytes.ts'

const OURS = /\(#([245]\.[0-9]{1,3}\.[0-9]{1,3})\)/

/**
 * A reply of one line with its enhanced status code (RFC 2034): `wanted`, else the one in its text, where that is of the reply's class; else x.0.0. The text behind
 * stays as it is, `(#x.y.z)` included. Replies of 3xx have none.
 */
export const withStatus = (reply: Bytes, wanted: Bytes | undefined): Bytes => {
  const digit = reply.charAt(0)
  if (digit === '3') return reply
  const code = wanted ?? OURS.exec(reply)?.[1]
  return `${reply.slice(0, 4)}${code?.startsWith(digit) ? code : `${digit}.0.0`} ${reply.slice(4)}`
}
