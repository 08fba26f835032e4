import { type LimitSet, NO_LIMITS, parseRate } from '../accept/limits.ts'
import type { Verbosity } from '../accept/log.ts'
import { type Bytes, leadingNumber } from '../core/bytes.ts'
import { Usage } from '../core/failure.ts'
import { getopt } from '../core/getopt.ts'
import type { Env } from '../core/run.ts'
import { type Network, parseNetwork } from '../net/ip.ts'

/** What tcpserver was told (spec network.md 2.1). */
export interface TcpserverOptions {
  verbosity: Verbosity
  /** How many connections are served at a time. */
  limit: number
  backlog: number
  rules: Bytes | undefined
  allowsMissingRules: boolean
  banner: Bytes
  gid: number
  uid: number
  printsPort: boolean
  noDelay: boolean
  looksUpRemote: boolean
  isParanoid: boolean
  asksIdent: boolean
  identSeconds: number
  localName: Bytes | undefined
  /** Which families are served, and which a name's address may be of: IPv6 alone, or IPv4 where nothing else is said. */
  isV6Only: boolean
  /** The interface of a link-local address. */
  interface: Bytes
  /** How many connections one client may have, and how often. */
  limits: LimitSet
  /** Who may say, by the PROXY protocol, for whom it connects, and has to. */
  proxies: Network[]
  /** Resident workers for the suite's own programs; 0: a process a connection. */
  workers: number
  /** Programs may ask for TLS by UCSPI-TLS. */
  asksForTls: boolean
  host: Bytes
  port: Bytes
  program: Bytes
  args: Bytes[]
}

const number = (text: Bytes): number => leadingNumber(text) ?? 0

const defaults = (): TcpserverOptions => ({
  verbosity: 'errors',
  limit: 40,
  backlog: 20,
  rules: undefined,
  allowsMissingRules: false,
  banner: '',
  gid: 0,
  uid: 0,
  printsPort: false,
  noDelay: false,
  looksUpRemote: true,
  isParanoid: false,
  asksIdent: true,
  identSeconds: 26,
  localName: undefined,
  isV6Only: false,
  interface: '',
  limits: NO_LIMITS,
  proxies: [],
  workers: 0,
  asksForTls: false,
  host: '',
  port: '',
  program: '',
  args: []
})

/** As ucspi-tcp has it, which is recorded; options of our own stand in the manual. */
const USAGE =
  'tcpserver: usage: tcpserver [ -1UXnsepPhHrRoOdDqQv ] [ -c limit ] [ -x rules.cdb ] [ -B banner ] [ -g gid ] [ -u uid ] [ -b backlog ] [ -l localname ] [ -t timeout ] host port program'

type Setter = (value: Bytes, env: Readonly<Env>, before: TcpserverOptions) => Partial<TcpserverOptions>

const limit = (name: string, read: (value: Bytes) => Partial<LimitSet>): Record<string, Setter> => ({
  [name]: (value, _env, { limits }) => ({ limits: { ...limits, ...read(value) } })
})

const V6_BITS = 64
const networkBits = (value: Bytes): LimitSet['networkBits'] => {
  const [v4 = '', v6] = value.split('/', 2)
  return [Math.min(number(v4), 32), Math.min(v6 === undefined ? V6_BITS : number(v6), 128)]
}

const networksIn = (value: Bytes): Network[] =>
  value.split(',').map((text) => {
    const network = parseNetwork(text)
    if (network === undefined) throw new Usage(`tcpserver: no network: ${text}\n${USAGE}`)
    return network
  })

const setters: Record<string, Setter> = {
  q: () => ({ verbosity: 'silent' }),
  Q: () => ({ verbosity: 'errors' }),
  v: () => ({ verbosity: 'status' }),
  c: (value) => ({ limit: number(value) }),
  b: (value) => ({ backlog: number(value) }),
  x: (value) => ({ rules: value }),
  X: () => ({ allowsMissingRules: true }),
  B: (value) => ({ banner: value }),
  g: (value) => ({ gid: number(value) }),
  u: (value) => ({ uid: number(value) }),
  U: (_, env) => ({ uid: number(env.UID ?? ''), gid: number(env.GID ?? '') }),
  1: () => ({ printsPort: true }),
  d: () => ({ noDelay: false }),
  D: () => ({ noDelay: true }),
  h: () => ({ looksUpRemote: true }),
  H: () => ({ looksUpRemote: false }),
  p: () => ({ isParanoid: true }),
  P: () => ({ isParanoid: false }),
  r: () => ({ asksIdent: true }),
  R: () => ({ asksIdent: false }),
  t: (value) => ({ identSeconds: number(value) }),
  l: (value) => ({ localName: value }),
  6: () => ({ isV6Only: true }),
  4: () => ({ isV6Only: false }),
  I: (value) => ({ interface: value }),
  ...limit('m', (value) => ({ perAddress: number(value) })),
  ...limit('M', (value) => ({ perNetwork: number(value) })),
  ...limit('k', (value) => ({ addressRate: parseRate(value) })),
  ...limit('K', (value) => ({ networkRate: parseRate(value) })),
  ...limit('N', (value) => ({ networkBits: networkBits(value) })),
  a: (value) => ({ proxies: networksIn(value) }),
  // the kernel refuses source-routed connections, so there are no IP options to keep or kill
  o: () => ({}),
  O: () => ({}),
  w: (value) => ({ workers: number(value) }),
  n: () => ({ asksForTls: true }),
  // of sslserver: the variables of TLS are always set, and those of TCP have one name
  s: () => ({}),
  e: () => ({})
}

/** What sslserver means otherwise: the patience with a handshake is qmail-tlsd's. */
const sslSetters: Record<string, Setter> = { w: () => ({}) }

/** Options with a value. */
const VALUED = 'cxBgubltIwmMkKNa'
/** The letters of its command line, as getopt has them. */
export const SPEC = Object.keys(setters)
  .map((letter) => (VALUED.includes(letter) ? `${letter}:` : letter))
  .join('')

/** Reads the command line; `isSsl`: of sslserver. Throws Usage. */
export const parseOptions = (args: readonly Bytes[], env: Readonly<Env>, isSsl = false): TcpserverOptions => {
  const { options, operands } = getopt('tcpserver', SPEC, USAGE, args)
  const o = defaults()
  const all = isSsl ? { ...setters, ...sslSetters } : setters
  for (const { letter, value } of options) Object.assign(o, all[letter]?.(value, env, o))
  const [host, port, program, ...rest] = operands
  if (host === undefined || port === undefined || program === undefined) throw new Usage(USAGE)
  return { ...o, host, port, program, args: rest }
}
