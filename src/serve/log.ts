import type { Bytes } from '../core/bytes.ts'
import { logLine, printable } from '../core/logline.ts'
import type { Addresses, Names } from '../net/peer.ts'

const STDERR = 2

/** How much tcpserver says: nothing, trouble, or trouble and every connection. */
export type Verbosity = 'silent' | 'errors' | 'status'

/** What tcpserver says on descriptor 2; how much of it is a matter of -q, -Q and -v (spec network.md 2.1). */
export class TcpserverLog {
  readonly #verbosity: Verbosity

  constructor(verbosity: Verbosity) {
    this.#verbosity = verbosity
  }

  /** A line of -v, to the byte. */
  status(text: string): void {
    if (this.#verbosity === 'status') logLine(STDERR, `tcpserver: ${text}`)
  }

  /** A client that a block list keeps out: a line in rblsmtpd's words. */
  blocked(line: string): void {
    if (this.#verbosity !== 'silent') logLine(STDERR, line)
  }

  /** Trouble that ends one connection, or less. */
  warn(text: string): void {
    if (this.#verbosity !== 'silent') logLine(STDERR, `tcpserver: warning: ${printable(text)}`)
  }
}

const MAX_FIELD = 100
const field = (text: Bytes | undefined): Bytes => {
  if (text === undefined) return ''
  const safe = text.replace(/[^!-~]|[%:]/g, '?')
  return safe.length > MAX_FIELD ? `${safe.slice(0, MAX_FIELD)}...` : safe
}

/** The part of an `ok` or `deny` line that names the two ends (spec network.md 2.1). */
export const logEnds = (a: Addresses, names: Names): Bytes =>
  `${field(names.localHost)}:${a.localIp}:${a.localPort} ${field(names.remoteHost)}:${a.remoteIp}:${field(names.remoteInfo)}:${a.remotePort}`
