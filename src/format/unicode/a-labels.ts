import { type Bytes, isAscii, splitAddress, toBuffer } from '../../core/bytes.ts'
import { isUtf8Address } from './utf8.ts'

/** Letters, digits, `-`, `_` and dots, besides what is not ASCII: anything else would mean something to a parser of URLs. */
const INTERNATIONAL = /^[A-Za-z0-9_.\x80-\xff-]+$/
const PLAIN = /^[a-z0-9_.-]+$/
/** Digits of other scripts must not turn into an address. */
const LIKE_ADDRESS = /(?:^|\.)[0-9]+\.?$/

/** A domain as parsers of URLs understand it (UTS 46); undefined: they do not. */
const urlHost = (domain: string): string | undefined => {
  try {
    return new URL(`http://${domain}`).hostname
  } catch {
    return undefined
  }
}

/** The name DNS knows an international domain by (A-labels, RFC 5890 2.3.2.1); undefined: it is plain ASCII, or no domain. */
export const aLabels = (domain: Bytes): Bytes | undefined => {
  if (isAscii(domain) || !INTERNATIONAL.test(domain) || !isUtf8Address(domain)) return undefined
  const name = urlHost(toBuffer(domain).toString('utf8'))
  return name !== undefined && PLAIN.test(name) && !LIKE_ADDRESS.test(name) ? name : undefined
}

/** What a domain may be called in control/: itself, and by A-labels where it is not ASCII. */
export const namesOf = (domain: Bytes): Bytes[] => {
  const name = aLabels(domain)
  return name === undefined ? [domain] : [domain, name]
}

/** An address with its domain in A-labels, or as it is where there is nothing to change. */
export const withALabels = (address: Bytes): Bytes => {
  if (isAscii(address)) return address
  const { box, host } = splitAddress(address)
  const name = host === undefined ? undefined : aLabels(host)
  return name === undefined ? address : `${box}@${name}`
}

/** What an address may be called in control/: itself, and with its domain in A-labels where that is not ASCII. */
export const formsOf = (address: Bytes): Bytes[] => {
  const plain = withALabels(address)
  return plain === address ? [address] : [address, plain]
}
