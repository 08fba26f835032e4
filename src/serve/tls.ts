import type { Readable, Writable } from 'node:stream'
import type { Bytes } from '../core/bytes.ts'

/** A connection, from here. */
export interface Ends {
  input: Readable
  output: Writable
}

/** What came of turning to TLS. */
export type Turned =
  /** It goes on inside TLS, with these ends; the variables tell of the handshake (spec modern.md 1.6). */
  | { kind: 'secured'; ends: Ends; variables: readonly [name: string, value: Bytes][] }
  /** There is no TLS now. The client has not been told anything. */
  | { kind: 'clear'; ends: Ends }
  /** The connection is over. */
  | { kind: 'gone' }

/** A session's way to TLS. */
export interface TlsStarter {
  /** Is TLS to be had now? */
  isAble: () => boolean
  /** Gives the connection up to it, read to the last byte before; `ready` is said to the client in clear. Never fails. */
  start: (ends: Ends, ready: Bytes) => Promise<Turned>
}
