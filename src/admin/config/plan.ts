import { isIP } from 'node:net'
import { type Bytes, lower, splitAddress } from '../../core/bytes.ts'
import { Permanent } from '../../core/failure.ts'
import { isHostName } from '../../format/host-name.ts'
import type { Role } from './options.ts'

/** What is wanted, complete. */
export interface Wishes {
  role: Role
  /** This host's name: control/me. */
  host: Bytes
  /** Domains besides it. */
  domains: Bytes[]
  /** Who reads mail to postmaster and root; undefined for a null client. */
  admin: Bytes | undefined
  relay: Bytes | undefined
}

/** A file to be, by its folder. */
export interface PlannedFile {
  folder: 'control' | 'alias'
  name: Bytes
  lines: Bytes[]
}

/** Local parts that RFC 2142 and RFC 5321 4.5.1 ask for, root, and where bounces say they come from. */
const ALIASES = ['postmaster', 'mailer-daemon', 'root', 'abuse'] as const

/** A host name with a dot in it, in lower case. Else Permanent. */
export const checkedName = (name: Bytes, what: string): Bytes => {
  const key = lower(name)
  if (!isHostName(key) || !key.includes('.')) throw new Permanent(`${what} is to be a whole name like mail.example.org, not ${name === '' ? 'empty' : name}`)
  return key
}

/** The domain of a host: its name without the first label, if it has three or more (spec injection-admin.md 9, config-fast). */
export const domainOf = (host: Bytes): Bytes => {
  const labels = host.split('.')
  return labels.length >= 3 ? labels.slice(1).join('.') : host
}

const plusDomainOf = (host: Bytes): Bytes => host.split('.').slice(-2).join('.')

/** `host`, `host:port`, `[address]` or `[address]:port`, as control/smtproutes has it. Else Permanent. */
export const checkedRelay = (relay: Bytes): Bytes => {
  const [, literal, name = '', port] = /^(?:\[([^\]]*)\]|([^:]*))(?::([0-9]{1,5}))?$/.exec(relay) ?? []
  const isPlace = literal === undefined ? isHostName(lower(name)) || isIP(name) === 4 : isIP(literal) !== 0
  if (!isPlace || Number(port ?? 25) > 65_535 || port === '0') throw new Permanent(`the relay is to be host, host:port or [address]:port, not ${relay}`)
  return relay
}

/** Whom the aliases forward to: a whole address. Permanent where mail would come back to an alias, or go to root, who gets none. */
export const checkedAdmin = (admin: Bytes, host: Bytes, domains: readonly Bytes[]): Bytes => {
  const { box, host: at } = splitAddress(admin)
  if (box === '' || at === '' || /[^!-~\x80-\xff]/.test(admin)) throw new Permanent(`not an address: ${admin}`)
  const isHere = at === undefined || [host, 'localhost', ...domains].includes(lower(at))
  if (isHere && (ALIASES as readonly string[]).includes(lower(box))) throw new Permanent(`mail to ${admin} would come back to it: name a person`)
  return at === undefined ? `${admin}@${host}` : admin
}

const unique = (names: readonly Bytes[]): Bytes[] => [...new Set(names)]
const control = (name: Bytes, ...lines: Bytes[]): PlannedFile => ({ folder: 'control', name, lines })

/** A null client takes nothing from the network, delivers nothing, and hands all to its relay; what it writes comes from its domain, if it has one. */
const nullClientFiles = ({ domains: [domain], relay = '' }: Wishes): PlannedFile[] => [
  control('locals'),
  control('rcpthosts'),
  control('smtproutes', `:${relay}`),
  ...(domain === undefined ? [] : [control('defaulthost', domain), control('doublebouncehost', domain)])
]

const serverFiles = ({ role, host, domains, admin = '' }: Wishes): PlannedFile[] => [
  control('locals', ...unique(['localhost', host, ...domains])),
  control('rcpthosts', ...unique([host, ...domains])),
  ...(role === 'hub' ? [control('defaulthost', domains[0] ?? host)] : []),
  ...ALIASES.map((name): PlannedFile => ({ folder: 'alias', name: `.qmail-${name}`, lines: [`&${admin}`] }))
]

/** The files that make it so. */
export const planFor = (wishes: Wishes): PlannedFile[] => [
  control('me', wishes.host),
  control('defaultdomain', domainOf(wishes.host)),
  control('plusdomain', plusDomainOf(wishes.host)),
  ...(wishes.role === 'null-client' ? nullClientFiles(wishes) : serverFiles(wishes))
]
