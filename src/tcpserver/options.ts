import { type Bytes, leadingNumber } from '../core/bytes.ts'
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

/** Why the command line does not do: a line to print before the usage, if there is one to the point. */
export class UsageError extends Error {}

/** Options with a value. */
const VALUED = 'cxBgubltIw'
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

/** Reads one argument of clustered options; returns how many arguments it took. */
const readCluster = (o: TcpserverOptions, args: readonly Bytes[], index: number, env: Readonly<Env>): number => {
  const cluster = args[index] ?? ''
  for (let i = 1; i < cluster.length; i++) {
    const letter = cluster.charAt(i)
    const set = setters[letter]
    if (!set) throw new UsageError(`illegal option -- ${letter}`)
    if (!VALUED.includes(letter)) {
      Object.assign(o, set('', env))
      continue
    }
    const rest = cluster.slice(i + 1)
    const value = rest !== '' ? rest : args[index + 1]
    if (value === undefined) throw new UsageError(`option requires an argument -- ${letter}`)
    Object.assign(o, set(value, env))
    return rest !== '' ? 1 : 2
  }
  return 1
}

/** Reads the command line. Throws UsageError. */
export const parseOptions = (args: readonly Bytes[], env: Readonly<Env>): TcpserverOptions => {
  const o = defaults()
  let at = 0
  while (at < args.length) {
    const arg = args[at] ?? ''
    if (arg === '--') {
      at++
      break
    }
    if (arg.length < 2 || !arg.startsWith('-')) break
    at += readCluster(o, args, at, env)
  }
  const [host, port, program, ...rest] = args.slice(at)
  if (host === undefined || port === undefined || program === undefined) throw new UsageError('')
  return { ...o, host, port, program, args: rest }
}
