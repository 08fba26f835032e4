import { type Bytes, leadingNumber } from '../core/bytes.ts'
import { Usage } from '../core/failure.ts'
import { getopt } from '../core/getopt.ts'
import type { Env } from '../core/run.ts'
import type { Verbosity } from '../serve/log.ts'

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
  /** Only IPv6. */
  isV6Only: boolean
  /** Resident workers for the suite's own programs; 0: a process a connection. */
  workers: number
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
  workers: 0,
  host: '',
  port: '',
  program: '',
  args: []
})

type Setter = (value: Bytes, env: Readonly<Env>) => Partial<TcpserverOptions>
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
  I: () => ({}),
  // the kernel refuses source-routed connections, so there are no IP options to keep or kill
  o: () => ({}),
  O: () => ({}),
  w: (value) => ({ workers: number(value) })
}

/** Options with a value. */
const VALUED = 'cxBgubltIw'
const SPEC = Object.keys(setters)
  .map((letter) => (VALUED.includes(letter) ? `${letter}:` : letter))
  .join('')

const USAGE =
  'tcpserver: usage: tcpserver [ -1UXpPhHrRoOdDqQv ] [ -c limit ] [ -x rules.cdb ] [ -B banner ] [ -g gid ] [ -u uid ] [ -b backlog ] [ -l localname ] [ -t timeout ] host port program'

/** Reads the command line. Throws Usage. */
export const parseOptions = (args: readonly Bytes[], env: Readonly<Env>): TcpserverOptions => {
  const { options, operands } = getopt('tcpserver', SPEC, USAGE, args)
  const o = defaults()
  for (const { letter, value } of options) Object.assign(o, setters[letter]?.(value, env))
  const [host, port, program, ...rest] = operands
  if (host === undefined || port === undefined || program === undefined) throw new Usage(USAGE)
  return { ...o, host, port, program, args: rest }
}
