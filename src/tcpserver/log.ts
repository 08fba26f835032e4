import { logLine, printable } from '../core/logline.ts'
import type { TcpserverOptions } from './options.ts'

const STDERR = 2

/** What tcpserver says on descriptor 2; how much of it is a matter of -q, -Q and -v (spec network.md 2.1). */
export class TcpserverLog {
  readonly #verbosity: TcpserverOptions['verbosity']

  constructor(verbosity: TcpserverOptions['verbosity']) {
    this.#verbosity = verbosity
  }

  /** A line of -v, to the byte. */
  status(text: string): void {
    if (this.#verbosity === 'status') logLine(STDERR, `tcpserver: ${text}`)
  }

  /** Trouble that ends one connection, or less. */
  warn(text: string): void {
    if (this.#verbosity !== 'silent') logLine(STDERR, `tcpserver: warning: ${printable(text)}`)
  }
}
