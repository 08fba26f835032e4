import minimist from 'minimist'
import { type Bytes, lower } from '../../core/bytes.ts'
import { Usage } from '../../core/failure.ts'

export const USAGE = `qmail-config: usage: qmail-config [--hub | --null-client RELAY] [--host NAME] [--domain NAME ...] [--admin ADDRESS] [--yes] [--force] [--dry-run]`

/** What the host is to be. host: it delivers mail for itself and its domains. hub: for the users of a whole domain, and they write as that. null-client: it delivers nothing. */
export type Role = 'host' | 'hub' | 'null-client'

/** The command line. What is undefined, or empty, was not said. */
export interface ConfigOptions {
  role: Role
  /** host[:port] of a null client's relay. */
  relay: Bytes | undefined
  host: Bytes | undefined
  domains: Bytes[]
  admin: Bytes | undefined
  /** Ask nothing. */
  isYes: boolean
  /** Files that say something else are replaced. */
  isForced: boolean
  /** Show, write nothing. */
  isDry: boolean
}

const STRINGS = ['null-client', 'host', 'domain', 'admin']
const BOOLEANS = ['hub', 'yes', 'force', 'dry-run']
const usage = (why: string): Usage => new Usage(`qmail-config: ${why}\n${USAGE}`)

/** qmail-config's command line. Throws Usage. */
export const parseConfigOptions = (args: readonly Bytes[]): ConfigOptions => {
  const refuse = (word: string): never => {
    throw usage(`unknown: ${word}`)
  }
  const parsed = minimist([...args], { string: STRINGS, boolean: BOOLEANS, unknown: refuse })
  const values = (name: string): Bytes[] => {
    const given = [parsed[name]].flat().filter((value): value is Bytes => typeof value === 'string')
    if (given.includes('')) throw usage(`--${name} takes a value`)
    return given
  }
  const relay = values('null-client').at(-1)
  if (parsed.hub && relay !== undefined) throw usage('--hub or --null-client, not both')
  return {
    role: parsed.hub ? 'hub' : relay === undefined ? 'host' : 'null-client',
    relay,
    host: values('host').map(lower).at(-1),
    domains: values('domain').map(lower),
    admin: values('admin').at(-1),
    isYes: parsed.yes === true,
    isForced: parsed.force === true,
    isDry: parsed['dry-run'] === true
  }
}
