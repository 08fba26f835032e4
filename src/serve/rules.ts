import type { Bytes } from '../core/bytes.ts'
import { errorCode } from '../core/failure.ts'
import { Cdb } from '../format/cdb.ts'

/** What is known of a peer when the rules are looked at. */
export interface RulesPeer {
  ip: Bytes
  host: Bytes | undefined
  info: Bytes | undefined
}

/** What the rules say: may it connect, and which variables are set for it. */
export interface Rule {
  isDenied: boolean
  variables: [Bytes, Bytes][]
}

/** Prefixes of an address that end in a dot (or a colon, for IPv6), longest first. */
const prefixes = (ip: Bytes): Bytes[] =>
  Array.from(ip, (char, i) => (char === '.' || char === ':' ? ip.slice(0, i + 1) : ''))
    .filter((p) => p !== '' && p !== ip)
    .reverse()

/** Suffixes of a name that start with a dot, longest first. */
const suffixes = (host: Bytes): Bytes[] => Array.from(host, (char, i) => (char === '.' ? host.slice(i) : '')).filter((s) => s !== '')

/** The keys a peer's rule is looked for under, in this order (spec network.md 2.2). */
export const ruleKeys = ({ ip, host, info }: RulesPeer): Bytes[] => [
  ...(info === undefined ? [] : [`${info}@${ip}`, ...(host === undefined ? [] : [`${info}@=${host}`])]),
  ip,
  ...(host === undefined ? [] : [`=${host}`]),
  ...prefixes(ip),
  ...(host === undefined ? [] : [...suffixes(host).map((s) => `=${s}`), '=']),
  ''
]

/** Reads a rule's record: `D` denies, `+NAME=value` sets a variable, each ended by NUL. */
export const parseRule = (data: Bytes): Rule => {
  const parts = data.split('\0')
  return {
    isDenied: parts.some((part) => part.startsWith('D')),
    variables: parts
      .filter((part) => part.startsWith('+') && part.includes('='))
      .map((part) => [part.slice(1, part.indexOf('=')), part.slice(part.indexOf('=') + 1)])
  }
}

const ALLOW: Rule = { isDenied: false, variables: [] }

/** The first rule there is for a peer; without any, it is allowed. */
export const findRule = (get: (key: Bytes) => Bytes | undefined, peer: RulesPeer): Rule => {
  for (const key of ruleKeys(peer)) {
    const data = get(key)
    if (data !== undefined) return parseRule(data)
  }
  return ALLOW
}

/** A rules file, opened afresh for every connection: it changes, or may not be read any more, while we run. */
export class RulesFile {
  readonly #path: string
  readonly #mayBeMissing: boolean

  constructor(path: string, mayBeMissing: boolean) {
    this.#path = path
    this.#mayBeMissing = mayBeMissing
  }

  /** The rule for a peer. Throws when the file is missing (and may not be), unreadable or corrupt. */
  find(peer: RulesPeer): Rule {
    let cdb: Cdb
    try {
      cdb = new Cdb(this.#path)
    } catch (error) {
      if (errorCode(error) === 'ENOENT' && this.#mayBeMissing) return ALLOW
      throw error
    }
    try {
      return findRule((key) => cdb.get(key), peer)
    } finally {
      cdb.close()
    }
  }
}
