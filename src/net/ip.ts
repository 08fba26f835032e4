import { isIPv4, isIPv6 } from 'node:net'
import type { Bytes } from '../core/bytes.ts'

/** The IPv4 address in `1.2.3.4` or `[1.2.3.4]`, without leading zeros; undefined for any other text. */
export const addressLiteral = (text: Bytes): string | undefined => {
  const parts = /^(\[?)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(\]?)$/.exec(text)
  if (parts === null || (parts[1] === '') !== (parts[6] === '')) return undefined
  const numbers = parts.slice(2, 6).map(Number)
  return numbers.every((n) => n <= 255) ? numbers.join('.') : undefined
}

const V6_GROUPS = 8

const groupBytes = (part: string): number[] =>
  part === ''
    ? []
    : part
        .split(':')
        .flatMap((group) => (group.includes('.') ? group.split('.').map(Number) : [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]))

/** The 4 or 16 bytes of an address, whatever its zone; undefined for what is none. */
export const addressBytes = (ip: Bytes): Buffer | undefined => {
  if (isIPv4(ip)) return Buffer.from(ip.split('.').map(Number))
  if (!isIPv6(ip)) return undefined
  const [head = '', tail = ''] = (ip.split('%', 1)[0] ?? '').split('::').map(groupBytes)
  const [start, end] = [[...head].map(Number), [...tail].map(Number)]
  return Buffer.from([...start, ...Array<number>(2 * V6_GROUPS - start.length - end.length).fill(0), ...end])
}

/** An IPv4 address in IPv6 clothes (::ffff:1.2.3.4) is an IPv4 address. */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

/** The text of an address given by its 4 or 16 bytes, in the one form everybody compares: IPv6 compressed, mapped IPv4 dotted. */
export const addressText = (bytes: Buffer): Bytes => {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.subarray(0, MAPPED.length).equals(MAPPED)) return bytes.subarray(MAPPED.length).join('.')
  const groups = Array.from({ length: V6_GROUPS }, (_, n) => bytes.readUInt16BE(2 * n).toString(16))
  const zeros = [...groups.join(':').matchAll(/(?<![^:])0(:0)+(?![^:])/g)].sort((a, b) => b[0].length - a[0].length || a.index - b.index)[0]
  if (zeros === undefined) return groups.join(':')
  const text = groups.join(':')
  return `${text.slice(0, zeros.index).replace(/:$/, '')}::${text.slice(zeros.index + zeros[0].length).replace(/^:/, '')}`
}

/** An address in that one form; what is no address stays as it is. */
export const canonicalAddress = (ip: Bytes): Bytes => {
  const bytes = addressBytes(ip)
  return bytes === undefined || bytes.length === 4 ? ip : addressText(bytes)
}

/** The bits of an address, as a text of 0 and 1. */
export const addressBits = (bytes: Buffer): string => Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')

/** A network: the leading bits that all its addresses have. */
export type Network = string

/** The network written as an address, or as `address/bits`; undefined for what is none. */
export const parseNetwork = (text: Bytes): Network | undefined => {
  const [ip = '', bits] = text.split('/', 2)
  const bytes = addressBytes(ip)
  if (bytes === undefined || !/^\d{1,3}$/.test(bits ?? '0') || Number(bits ?? 0) > bytes.length * 8) return undefined
  return `${bytes.length}:${addressBits(bytes).slice(0, bits === undefined ? undefined : Number(bits))}`
}

/** Is this address in one of these networks? */
export const isInNetworks = (ip: Bytes, networks: readonly Network[]): boolean => {
  const bytes = networks.length === 0 ? undefined : addressBytes(ip)
  if (bytes === undefined) return false
  const own = `${bytes.length}:${addressBits(bytes)}`
  return networks.some((network) => own.startsWith(network))
}

/** An address from back to front, as DNS has it in names: `4.3.2.1`, or all nibbles of an IPv6 address; undefined for what is none. */
export const reversedAddress = (ip: Bytes): Bytes | undefined => {
  const bytes = addressBytes(ip)
  if (bytes === undefined) return undefined
  return bytes.length === 4 ? Array.from(bytes).reverse().join('.') : [...bytes.toString('hex')].reverse().join('.')
}
