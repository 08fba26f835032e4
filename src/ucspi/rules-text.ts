import type { Bytes } from '../core/bytes.ts'
import { Permanent } from '../core/failure.ts'
import { addressBits, addressBytes, canonicalAddress } from '../net/ip.ts'

class Unparsable extends Error {}

/** The value of one variable runs from the byte after `=` to that byte's next occurrence. */
const VARIABLE = /^,([^=,]+)=([\s\S])/

/** A rule's record: `D` NUL if it denies, then `+NAME=value` NUL for each variable (spec network.md 2.2). */
const recordOf = (instructions: Bytes): Bytes => {
  const verdict = /^(allow|deny)/.exec(instructions)?.[0]
  if (verdict === undefined) throw new Unparsable()
  let record = verdict === 'deny' ? 'D\0' : ''
  for (let rest = instructions.slice(verdict.length); rest !== ''; ) {
    const [head, name, quote] = VARIABLE.exec(rest) ?? []
    const end = head === undefined || quote === undefined ? -1 : rest.indexOf(quote, head.length)
    if (head === undefined || end < 0) throw new Unparsable()
    record += `+${name}=${rest.slice(head.length, end)}\0`
    rest = rest.slice(end + 1)
  }
  return record
}

const MAX_PART = 255

/** The addresses a range stands for: the number on either side of the first `-` within its part between dots. */
const expanded = (address: Bytes): Bytes[] => {
  const dash = address.indexOf('-')
  if (dash < 0 || /[=@]/.test(address)) return [address]
  const [start, stop] = [address.lastIndexOf('.', dash) + 1, address.indexOf('.', dash)]
  const end = stop < 0 ? address.length : stop
  const [from, to] = [address.slice(start, dash), address.slice(dash + 1, end)]
  if (!/^[0-9]+$/.test(from) || !/^[0-9]+$/.test(to)) throw new Unparsable()
  const [first, last] = [Number(from), Math.min(Number(to), MAX_PART)]
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => address.slice(0, start) + (first + n) + address.slice(end))
}

/** The key of a network in CIDR form: `_` (IPv4) or `^` (IPv6) and its leading bits; undefined for any other text (spec network.md 2.7). */
const networkKey = (address: Bytes): Bytes | undefined => {
  const [, ip, length] = /^([0-9a-fA-F.:]+)\/([0-9]{1,3})$/.exec(address) ?? []
  const bytes = ip === undefined ? undefined : addressBytes(ip)
  if (bytes === undefined || Number(length) > bytes.length * 8) return undefined
  return (bytes.length === 4 ? '_' : '^') + addressBits(bytes).slice(0, Number(length))
}

/** IPv6 addresses are compared in one form, whoever wrote them, after `INFO@` too. */
const canonicalKey = (address: Bytes): Bytes => {
  const at = address.lastIndexOf('@')
  return address.slice(0, at + 1) + canonicalAddress(address.slice(at + 1))
}

/** Where the address ends: at the first colon that `allow` or `deny` follows, for the sake of IPv6, else at the first there is; -1 without any. */
const addressEnd = (line: Bytes): number => {
  const end = line.search(/:(allow|deny)(,|$)/)
  return end < 0 ? line.indexOf(':') : end
}

const ruleOf = (line: Bytes): [Bytes, Bytes][] => {
  const end = addressEnd(line)
  if (end < 0) return []
  const [address, record] = [line.slice(0, end), recordOf(line.slice(end + 1))]
  const network = networkKey(address)
  return network === undefined ? expanded(address).map((key) => [canonicalKey(key), record]) : [[network, record]]
}

/** The records of a rules file's text, one rule a line (spec network.md 2.2, 2.7). Throws Permanent, naming the first line that is none. */
export const ruleRecords = (text: Bytes): [Bytes, Bytes][] =>
  text
    .split('\n')
    .map((line) => line.replace(/[ \t]+$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      try {
        return ruleOf(line)
      } catch (error) {
        if (error instanceof Unparsable) throw new Permanent(`unable to parse this line: ${line}`)
        throw error
      }
    })
