import type { Bytes } from '../core/bytes.ts'
import { errorCode } from '../core/failure.ts'
import { FileCache } from '../core/file-cache.ts'
import { Cdb } from '../format/cdb.ts'
import { addressBits, addressBytes } from '../net/ip.ts'

/** What is known of a peer when the rules are looked at. */
export interface RulesPeer {
  ip: Bytes
  host: Bytes | undefined
  info: Bytes | undefined
}

/** What the rules say: may it connect, and which variables are set for it. */
export interface Rule {
  /** The key it was found under; undefined: there is none for this peer. */
  key: Bytes | undefined
  isDenied: boolean
  variables: [Bytes, Bytes][]
}

/** Prefixes of an address that end in a dot (or a colon, for IPv6), longest first. */
const prefixes = (ip: Bytes): Bytes[] =>
  Array.from(ip, (char, i) => (char === '.' || char === ':' ? ip.slice(0, i + 1) : ''))
    .filter((p) => p !== '' && p !== ip)
    .reverse()

/** The keys of the networks an address is in, smallest first: `_` or `^` and the leading bits (spec network.md 2.7). */
const networks = (ip: Bytes): Bytes[] => {
  const bytes = addressBytes(ip)
  if (bytes === undefined) return []
  const bits = (bytes.length === 4 ? '_' : '^') + addressBits(bytes)
  return Array.from({ length: bits.length }, (_, n) => bits.slice(0, bits.length - n))
}

/** Suffixes of a name that start with a dot, longest first. */
const suffixes = (host: Bytes): Bytes[] => Array.from(host, (char, i) => (char === '.' ? host.slice(i) : '')).filter((s) => s !== '')

/** The keys a peer's rule is looked for under, in this order (spec network.md 2.2, 2.7). */
export const ruleKeys = ({ ip, host, info }: RulesPeer): Bytes[] => [
  ...(info === undefined ? [] : [`${info}@${ip}`, ...(host === undefined ? [] : [`${info}@=${host}`])]),
  ip,
  ...(host === undefined ? [] : [`=${host}`]),
  ...prefixes(ip),
  ...networks(ip),
  ...(host === undefined ? [] : [...suffixes(host).map((s) => `=${s}`), '=']),
  ''
]

/** Reads a rule's record: `D` denies, `+NAME=value` sets a variable, each ended by NUL. */
export const parseRule = (data: Bytes): Omit<Rule, 'key'> => {
  const parts = data.split('\0')
  return {
    isDenied: parts.some((part) => part.startsWith('D')),
    variables: parts
      .filter((part) => part.startsWith('+') && part.includes('='))
      .map((part) => [part.slice(1, part.indexOf('=')), part.slice(part.indexOf('=') + 1)])
  }
}

const NO_RULE: Rule = { key: undefined, isDenied: false, variables: [] }

/** The first rule there is for a peer; without any, it is allowed. */
export const findRule = (get: (key: Bytes) => Bytes | undefined, peer: RulesPeer): Rule => {
  for (const key of ruleKeys(peer)) {
    const data = get(key)
    if (data !== undefined) return { key, ...parseRule(data) }
  }
  return NO_RULE
}

/** A rules file, open until it changes; and it may change, or not be readable any more, at any time. */
export class RulesFile {
  readonly #tables: FileCache<Cdb | undefined>
  #open: Cdb | undefined

  constructor(path: string, mayBeMissing: boolean) {
    this.#tables = new FileCache([path], () => {
      this.#open?.close()
      this.#open = undefined
      try {
        this.#open = new Cdb(path)
      } catch (error) {
        if (errorCode(error) !== 'ENOENT' || !mayBeMissing) throw error
      }
      return this.#open
    })
  }

  /** The rule for a peer. Throws when the file is missing (and may not be), unreadable or corrupt. */
  find(peer: RulesPeer): Rule {
    const table = this.#tables.get()
    return table === undefined ? NO_RULE : findRule((key) => table.get(key), peer)
  }
}
