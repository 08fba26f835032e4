import { isIPv4, isIPv6 } from 'node:net'
import { addressText, canonicalAddress } from './ip.ts'
import type { Addresses } from './peer.ts'

/**
 * What the first bytes of a connection are by the PROXY protocol, versions 1 and 2 (haproxy's doc/proxy-protocol.txt): `more` bytes are needed, so many at
 * the least; `bad`: no such header; else its end. `ends` is undefined where the proxy speaks for itself, or does not know.
 */
export type ProxyHeader = { kind: 'more'; bytes: number } | { kind: 'bad' } | { kind: 'ok'; ends: Addresses | undefined }

const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const V2_HEAD_BYTES = 16
const V1_START = Buffer.from('PROXY ', 'latin1')
/** The shortest header there is: `PROXY UNKNOWN` and its end. */
const LEAST_BYTES = 15
/** The longest line of version 1, its end included. */
const V1_MAX_BYTES = 107
/** Nobody needs more than this for version 2 and what it may be extended by. */
const V2_MAX_BYTES = 4096
const BAD = { kind: 'bad' } as const

const startsLike = (head: Buffer, signature: Buffer): boolean => {
  const length = Math.min(head.length, signature.length)
  return head.subarray(0, length).equals(signature.subarray(0, length))
}

const portIn = (text: string | undefined): number | undefined => (/^(0|[1-9]\d{0,4})$/.test(text ?? '') && Number(text) <= 65_535 ? Number(text) : undefined)

const version1 = (head: Buffer): ProxyHeader => {
  const end = head.indexOf('\r\n')
  if (end < 0)
    return head.length >= V1_MAX_BYTES ? BAD : { kind: 'more', bytes: head.length + (head.at(-1) === 0x0d || head.length + 2 > V1_MAX_BYTES ? 1 : 2) }
  const words = head.toString('latin1', 0, end).split(' ')
  const [, protocol, remoteIp = '', localIp = '', remote, local] = words
  if (protocol === 'UNKNOWN') return { kind: 'ok', ends: undefined }
  const isAddress = protocol === 'TCP4' ? isIPv4 : protocol === 'TCP6' ? isIPv6 : () => false
  const [remotePort, localPort] = [portIn(remote), portIn(local)]
  if (words.length !== 6 || !isAddress(remoteIp) || !isAddress(localIp) || remotePort === undefined || localPort === undefined) return BAD
  return { kind: 'ok', ends: { remoteIp: canonicalAddress(remoteIp), remotePort, localIp: canonicalAddress(localIp), localPort } }
}

/** Bytes of one address, by the byte that says family and transport: TCP over IPv4, or IPv6. All others say nothing to us. */
const ADDRESS_BYTES: Record<number, number> = { 17: 4, 33: 16 }

const version2 = (head: Buffer): ProxyHeader => {
  if (head.length < V2_HEAD_BYTES) return { kind: 'more', bytes: V2_HEAD_BYTES }
  const [version, command] = [head.readUInt8(12) >> 4, head.readUInt8(12) & 15]
  const end = V2_HEAD_BYTES + head.readUInt16BE(14)
  if (version !== 2 || command > 1 || end > V2_MAX_BYTES) return BAD
  if (head.length < end) return { kind: 'more', bytes: end }
  const size = ADDRESS_BYTES[head.readUInt8(13)]
  if (command === 0 || size === undefined) return { kind: 'ok', ends: undefined }
  const ports = V2_HEAD_BYTES + 2 * size
  if (end < ports + 4) return BAD
  const address = (at: number): string => addressText(head.subarray(at, at + size))
  return {
    kind: 'ok',
    ends: {
      remoteIp: address(V2_HEAD_BYTES),
      localIp: address(V2_HEAD_BYTES + size),
      remotePort: head.readUInt16BE(ports),
      localPort: head.readUInt16BE(ports + 2)
    }
  }
}

/**
 * Judges the first bytes of a connection. Whoever reads by what it asks for never reads a byte beyond the header's end: that belongs to somebody else.
 */
export const parseProxyHeader = (head: Buffer): ProxyHeader => {
  const isV2 = startsLike(head, V2_SIGNATURE)
  if (!isV2 && !startsLike(head, V1_START)) return BAD
  if (head.length < LEAST_BYTES) return { kind: 'more', bytes: LEAST_BYTES }
  return isV2 ? version2(head) : version1(head)
}
