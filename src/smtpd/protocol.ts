import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'

/** What a session is like, as far as its name goes. */
export interface SessionKind {
  /** The client said EHLO, and control/esmtp is there. */
  isModern: boolean
  /** The transaction was begun with SMTPUTF8. */
  isUtf8: boolean
  isEncrypted: boolean
  isAuthenticated: boolean
  /** The cipher, where it is known. */
  cipher: Bytes | undefined
}

/** The word of RFC 3848 for a session, or of RFC 6531 4.3; without control/esmtp, TLS and AUTH always SMTP, as qmail has it. */
export const protocolName = ({ isModern, isUtf8, isEncrypted, isAuthenticated }: SessionKind): Bytes => {
  if (!isModern && !isEncrypted && !isAuthenticated) return 'SMTP'
  return `${isUtf8 ? 'UTF8SMTP' : 'ESMTP'}${isEncrypted ? 'S' : ''}${isAuthenticated ? 'A' : ''}`
}

/** The same with what administrators look for behind it, for a Received field (spec modern.md 1.7). */
export const withPhrase = (kind: SessionKind): Bytes => {
  const name = protocolName(kind)
  if (!kind.isEncrypted) return name
  return `${name} (${kind.cipher ?? 'unknown'} encrypted${kind.isAuthenticated ? ', authenticated' : ''})`
}

/** Is this session under TLS? Its variables say so (spec modern.md 1.6). */
export const isEncrypted = (env: Readonly<Env>): boolean => env.SSL_PROTOCOL !== undefined
