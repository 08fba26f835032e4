import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import type { Network } from '../net/ip.ts'
import { type Addresses, withVariables } from '../net/peer.ts'

/**
 * What tcpserver and a resident qmail-smtpd say to each other over Node's IPC channel. Both come from one installation, and a worker retires
 * when its program file changes, so there is no version.
 */

/** The helpers a server may ask, by the names of their sockets in run/smtpd. */
export type DoorName = 'rcpt' | 'auth'

/** What a worker that accepts by itself needs to know of tcpserver's command line and environment. */
export interface DoorOptions {
  backlog: number
  banner: Bytes
  noDelay: boolean
  proxies: Network[]
  /** The rules, by their absolute path. */
  rules?: Bytes | undefined
  allowsMissingRules: boolean
  /** Our own name, where names are not looked up; left out: tcpserver looks them up, for each connection. */
  localName?: Bytes | undefined
  /** Does the command line set limits for clients? Then tcpserver judges each connection. */
  hasLimits: boolean
  /** Are passwords checked by a program, which a resident server cannot run? */
  runsChecker: boolean
  /** Are there lists that clients may be on (control/dnsbllist)? */
  hasLists: boolean
  /** tcpserver's own variables, as far as a session looks at them. */
  env: Record<string, Bytes>
  /** When one of these files is not what it was, the second gear has to be thought over. */
  watched: { files: string[]; look: string }
}

/** Numbers in turn, by which connections go in the log. */
export interface Numbers {
  first: number
  count: number
}

/** A variable and its value; null: it is to be unset. */
export type Setting = [name: string, value: Bytes | null]

/** What the door decides about a client. */
export interface Decision {
  /** Both ends, for the log. */
  line: string
  isDenied: boolean
  /** The limit it is over. */
  excess?: string | undefined
  /** A list keeps it out: the reply it gets to everything. */
  block?: { code: 451 | 553; text: Bytes } | undefined
  settings: Setting[]
}

/** From tcpserver; `client` and `queue` come with a socket. */
export type ToWorker =
  /** Said once, at the start: with a door, accept connections on descriptor 0, so many at a time; without one, connections are handed over. */
  | { kind: 'begin'; door?: DoorOptions | undefined; slots: number; numbers: Numbers }
  /** So many more connections at a time. */
  | { kind: 'slots'; more: number }
  /** Further numbers for the connections it accepts. */
  | { kind: 'numbers'; numbers: Numbers }
  /** What was asked about this connection; without a decision: why it has to be dropped. */
  | { kind: 'decision'; id: number; decision?: Decision | undefined; trouble?: string | undefined }
  /** Serve this client, under this number: the one it has in tcpserver's log. */
  | { kind: 'client'; id: number; env: Env }
  /** A connection to the submission socket. */
  | { kind: 'queue' }
  /** There is none to be had. */
  | { kind: 'noQueue' }
  /** A connection to the helper of this name; without a socket: there is none to be had. */
  | { kind: 'door'; name: DoorName }
  /** Can connections turn to TLS now? Said before the first client, where there is TLS. */
  | { kind: 'tls'; isAble: boolean }
  /** This session goes on with the socket that comes along, inside TLS; the variables tell of the handshake. */
  | { kind: 'secured'; id: number; variables: [name: string, value: Bytes][] }
  /** There was no TLS to be had for this session: here is its socket again, with nothing said on it. */
  | { kind: 'clear'; id: number }
  /** The handshake failed, and the connection is closed. */
  | { kind: 'unsecured'; id: number }
  /** Finish what you are at, then end. */
  | { kind: 'retire' }

/** To tcpserver. */
export type FromWorker =
  /** What became of connections, in this order. */
  | { kind: 'news'; news: News[] }
  /** What is to be done with a client at these ends? */
  | { kind: 'ask'; id: number; ends: Addresses }
  /** This connection, admitted, has to have a process of its own. Its socket comes along, and its slot. */
  | { kind: 'back'; id: number; ends: Addresses; decision: Decision }
  /** It accepts no more, for the rest of its life. */
  | { kind: 'deaf' }
  /** One of the watched files is not what it was. */
  | { kind: 'changed' }
  /** More numbers, please. */
  | { kind: 'wantNumbers' }
  /** One more connection to the submission socket, please. */
  | { kind: 'wantQueue' }
  /** One of them was closed from the other end: qmail-queued may be gone. */
  | { kind: 'lostQueue' }
  /** A connection to the helper of this name, please. */
  | { kind: 'wantDoor'; name: DoorName }
  /** This session turns to TLS; its socket comes along, read to the last byte before. `ready` is said to the client when all is prepared. */
  | { kind: 'startTls'; id: number; ready: Bytes }

/** What became of a connection, by its number: tcpserver counts, and writes the log. `ip`: the client's. */
export type News =
  /** It was accepted. */
  | [what: 'came', id: number]
  | [what: 'ok', id: number, ip: Bytes, line: string]
  | [what: 'deny', id: number, ip: Bytes, line: string, excess: string | null]
  | [what: 'block', id: number, ip: Bytes, line: string, code: 451 | 553, text: Bytes]
  | [what: 'drop', id: number, ip: Bytes, why: string]
  /** It is over, with the exit code a program would have. */
  | [what: 'end', id: number, exit: number]

/** Variables in the form that goes through a channel. */
export const settingsOf = (variables: Readonly<Record<string, Bytes | undefined>>): Setting[] =>
  Object.entries(variables).map(([name, value]): Setting => [name, value ?? null])

/** An environment with these variables set and unset. */
export const withSettings = (env: Readonly<Env>, settings: readonly Setting[]): Env =>
  withVariables(
    env,
    settings.map(([name, value]) => [name, value ?? undefined])
  )

/** The variable in which a resident server finds its session's number, which stands for a process id of its own in what it logs. */
export const SESSION = 'QMAIL_SESSION'

/** Do its variables hook other programs into a session? Those have no place in a process that serves many. */
export const isHooked = (env: Readonly<Env>): boolean => env.ENABLE_SPP !== undefined || env.RCPTCHECK !== undefined

/** Does a client's rule hook other programs into its session, or name another queue program? */
export const hooksOthers = (settings: readonly Setting[]): boolean => {
  const env = withSettings({}, settings)
  return env.QMAILQUEUE !== undefined || isHooked(env)
}

/** Ports on which clients begin with TLS (RFC 8314): SMTP and POP3. */
export const TLS_PORTS: readonly number[] = [465, 995]

/** Does the connection with these variables begin with TLS: by $SMTPS, or by its port, which a proxy may have told? That is tcpserver's to lead. */
export const beginsWithTls = ({ SMTPS = '', TCPLOCALPORT }: Readonly<Env>): boolean => SMTPS !== '' || TLS_PORTS.includes(Number(TCPLOCALPORT))

/** The variables of a connection that a server looks at. */
const VARIABLES = [
  ...['TCPREMOTEIP', 'TCPREMOTEPORT', 'TCPREMOTEHOST', 'TCPREMOTEINFO', 'TCPLOCALHOST', 'TCPLOCALIP', 'TCPLOCALPORT', 'RELAYCLIENT', 'DATABYTES'],
  ...['MAXRECIPIENTS', 'DISABLE_MAXRCPT', 'BRTLIMIT', 'TARPITCOUNT', 'TARPITDELAY', 'SMTPD_GREETDELAY', 'GREETDELAY', 'DROP_PRE_GREET'],
  ...['DISABLE_BADMAILFROM', 'NOBADHELO', 'SMTPAUTH', 'SMTPAUTHOLD', 'FORCETLS', 'SUBMISSION', 'FORCEAUTHMAILFROM', 'LOCALMFCHECK'],
  ...['FORCE_TLS', 'DISABLETLS', 'UCSPITLS', 'TCPRULES', 'TCPBEFORE']
]

/** A connection's environment, as far as qmail-smtpd looks at it. */
export const sessionEnv = (env: Readonly<Env>): Record<string, Bytes> => {
  const few: Record<string, Bytes> = {}
  for (const name of VARIABLES) {
    const value = env[name]
    if (value !== undefined) few[name] = value
  }
  if (env.SSL_PROTOCOL !== undefined) for (const [name, value] of Object.entries(env)) if (name.startsWith('SSL_')) few[name] = value
  return few
}
