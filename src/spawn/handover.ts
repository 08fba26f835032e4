import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'

/**
 * What tcpserver and a resident qmail-smtpd say to each other over Node's IPC channel. Both come from one installation, and a worker retires
 * when its program file changes, so there is no version.
 */

/** The helpers a server may ask, by the names of their sockets in run/smtpd. */
export type DoorName = 'rcpt' | 'auth'

/** From tcpserver; `client` and `queue` come with a socket. */
export type ToWorker =
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
  /** These sessions are over, each with its exit code. */
  | { kind: 'ended'; sessions: [id: number, exit: number][] }
  /** One more connection to the submission socket, please. */
  | { kind: 'wantQueue' }
  /** One of them was closed from the other end: qmail-queued may be gone. */
  | { kind: 'lostQueue' }
  /** A connection to the helper of this name, please. */
  | { kind: 'wantDoor'; name: DoorName }
  /** This session turns to TLS; its socket comes along, read to the last byte before. `ready` is said to the client when all is prepared. */
  | { kind: 'startTls'; id: number; ready: Bytes }

/** The variable in which a resident server finds its session's number, which stands for a process id of its own in what it logs. */
export const SESSION = 'QMAIL_SESSION'

/** Do its variables hook other programs into a session? Those have no place in a process that serves many. */
export const isHooked = (env: Readonly<Env>): boolean => env.ENABLE_SPP !== undefined || env.RCPTCHECK !== undefined

/** The variables of a connection that a server looks at. */
const VARIABLES = [
  ...['TCPREMOTEIP', 'TCPREMOTEPORT', 'TCPREMOTEHOST', 'TCPREMOTEINFO', 'TCPLOCALHOST', 'TCPLOCALIP', 'TCPLOCALPORT', 'RELAYCLIENT', 'DATABYTES'],
  ...['MAXRECIPIENTS', 'DISABLE_MAXRCPT', 'BRTLIMIT', 'TARPITCOUNT', 'TARPITDELAY', 'SMTPD_GREETDELAY', 'GREETDELAY', 'DROP_PRE_GREET'],
  ...['DISABLE_BADMAILFROM', 'NOBADHELO', 'SMTPAUTH', 'SMTPAUTHOLD', 'FORCETLS', 'SUBMISSION', 'FORCEAUTHMAILFROM', 'LOCALMFCHECK'],
  ...['FORCE_TLS', 'DISABLETLS', 'UCSPITLS']
]

/** A connection's environment, as far as qmail-smtpd looks at it. */
export const sessionEnv = (env: Readonly<Env>): Record<string, Bytes> => {
  const few: Record<string, Bytes> = {}
  for (const name of VARIABLES) {
    const value = env[name]
    if (value !== undefined) few[name] = value
  }
  return few
}
