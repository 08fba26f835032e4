import type { Bytes } from '../core/bytes.ts'
import { logLine, printable } from '../core/logline.ts'
import type { Addresses, Names } from '../net/peer.ts'

const STDERR = 2
/** Of at most some 500 bytes each: a pipe takes 4096 as one. */
const LINES_A_WRITE = 8

/** How much tcpserver says: nothing, trouble, or trouble and every connection. */
export type Verbosity = 'silent' | 'errors' | 'status'

/** What tcpserver says on descriptor 2; how much of it is a matter of -q, -Q and -v (spec network.md 2.1). */
export class TcpserverLog {
  readonly #verbosity: Verbosity
  #gathered: string[] | undefined

  constructor(verbosity: Verbosity) {
    this.#verbosity = verbosity
  }

  /** A line of -v, to the byte. */
  status(text: string): void {
    if (this.#verbosity === 'status') this.#line(`tcpserver: ${text}`)
  }

  /** A client that a block list keeps out: a line in rblsmtpd's words. */
  blocked(line: string): void {
    if (this.#verbosity !== 'silent') this.#line(line)
  }

  /** Trouble that ends one connection, or less. */
  warn(text: string): void {
    if (this.#verbosity !== 'silent') this.#line(`tcpserver: warning: ${printable(text)}`)
  }

  /** What is said within `work` is written a few lines at a time; no write is larger than what a pipe takes as one. */
  together(work: () => void): void {
    this.#gathered = []
    work()
    const lines = this.#gathered
    this.#gathered = undefined
    for (let n = 0; n < lines.length; n += LINES_A_WRITE) logLine(STDERR, lines.slice(n, n + LINES_A_WRITE).join('\n'))
  }

  #line(text: string): void {
    if (this.#gathered) this.#gathered.push(text)
    else logLine(STDERR, text)
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
