import type { Bytes } from '../core/bytes.ts'
import { Permanent } from '../core/failure.ts'
import { quoteBox } from '../format/quote.ts'
import { special, type Token, tokenize, unquoted } from '../format/token822.ts'
import { followInstructions, type Instruction } from './instructions.ts'

/** What is added to incomplete addresses, as tokens. */
export interface Hosts {
  defaultHost: Token[]
  defaultDomain: Token[]
  plusDomain: Token[]
  /** What is done to hosts instead of that, if the administrator says so. */
  instructions?: readonly Instruction[] | undefined
}

/** Text that has to be readable but is not: permanent, and shown. */
export class Unparsable extends Permanent {
  constructor(text: Bytes) {
    super(`unable to parse this line:\n${text}`)
  }
}

/** The tokens of a text that has to have some. Throws Unparsable. */
export const mustTokenize = (text: Bytes): Token[] => {
  const tokens = tokenize(text)
  if (tokens === undefined) throw new Unparsable(text)
  return tokens
}

const isUntouchable = (address: readonly Token[]): boolean => {
  const [at, last] = address.slice(-2)
  return at?.kind === '@' && last?.kind === 'literal' && last.text === ''
}

/** An address without the route before it, `@host,@host:`. */
export const withoutRoute = (address: Token[]): Token[] => {
  if (address[0]?.kind !== '@') return address
  const colon = address.findIndex(({ kind }) => kind === ':')
  return colon < 0 ? [] : address.slice(colon + 1)
}

const withoutLast = (address: Token[], kind: Token['kind']): Token[] => (address.at(-1)?.kind === kind ? address.slice(0, -1) : address)

const withPlusDomain = (address: Token[], plusDomain: Token[]): Token[] => {
  const last = address.at(-1)
  if (last?.kind !== 'atom' || !last.text.endsWith('+')) return address
  return [...address.slice(0, -1), { kind: 'atom', text: last.text.slice(0, -1) }, special('.'), ...plusDomain]
}

const hasFullHost = (address: Token[]): boolean => {
  const at = address.findLastIndex(({ kind }) => kind === '@')
  return address.slice(at + 1).some(({ kind }) => kind === '.' || kind === 'literal')
}

/** By control/rewriting: the address with the host its instructions make of it, as it is where that cannot be read. */
const instructed = (address: Token[], instructions: readonly Instruction[]): Token[] => {
  const at = address.findLastIndex(({ kind }) => kind === '@')
  const [box, given] = at < 0 ? [address, []] : [address.slice(0, at), address.slice(at + 1)]
  if (given.some(({ kind }) => kind === 'quoted')) return address
  const host = followInstructions(unquoted(given), instructions)
  const tokens = tokenize(host)
  if (tokens === undefined) return address
  return tokens.length === 0 ? box : [...box, special('@'), ...tokens]
}

/** An address made complete (spec injection-admin.md 2.7). */
export const rewrite = (given: Token[], hosts: Hosts): Token[] => {
  if (given.length === 0 || isUntouchable(given)) return given
  const routeless = withoutRoute(given)
  if (hosts.instructions) return routeless.length === 0 ? [] : instructed(routeless, hosts.instructions)
  const trimmed = withoutLast(withoutLast(routeless, '.'), '@')
  if (trimmed.length === 0) return []
  const hosted = trimmed.some(({ kind }) => kind === '@') ? trimmed : [...trimmed, special('@'), ...hosts.defaultHost]
  const address = withPlusDomain(hosted, hosts.plusDomain)
  return hasFullHost(address) ? address : [...address, special('.'), ...hosts.defaultDomain]
}

/** A raw envelope address as tokens, complete; undefined when its host cannot be read (2.9). */
const rewriteRaw = (address: Bytes, hosts: Hosts): Token[] | undefined => {
  if (address === '') return []
  const at = address.lastIndexOf('@')
  const box = at < 0 ? address : address.slice(0, at)
  const host = at < 0 ? [] : tokenize(address.slice(at))
  return host && rewrite([...mustTokenize(quoteBox(box)), ...host], hosts)
}

/** A raw envelope address, complete and raw again; undefined when its host cannot be read. */
export const completeAddress = (address: Bytes, hosts: Hosts): Bytes | undefined => {
  const tokens = rewriteRaw(address, hosts)
  return tokens && unquoted(tokens)
}
