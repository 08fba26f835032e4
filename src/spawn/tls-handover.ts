import type { Bytes } from '../core/bytes.ts'

/**
 * What tcpserver and qmail-tlsd say to each other over Node's IPC channel (spec modern.md 1.2). A message carries one socket at the most, so a
 * session comes in two: first the plain side, then the connection itself.
 */
export type ToTlsd =
  /** One end of the pair whose other end speaks for the client, once TLS stands; comes with it. */
  | { kind: 'plain'; id: number }
  /** The client's connection, nothing read from it; comes with it. `ready` is said in clear before the handshake. */
  | { kind: 'tls'; id: number; ready: string }
  /** Look at the certificates at the next handshake, whenever the last look was. */
  | { kind: 'look' }
  | { kind: 'retire' }

export type FromTlsd =
  /** Is there a certificate to show? Said at the start and whenever that changes. */
  | { kind: 'able'; isAble: boolean }
  /** The handshake is done, with what is known of it (spec modern.md 1.6); the plain side speaks for the client from now on. */
  | { kind: 'secured'; id: number; variables: [name: string, value: Bytes][] }
  /** The session is over; without `secured` before it: there was no handshake. */
  | { kind: 'ended'; id: number }
