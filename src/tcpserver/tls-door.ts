import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { TcpserverLog } from '../accept/log.ts'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { SocketPairs } from '../os/socket-pair.ts'
import { startResident } from '../spawn/resident.ts'
import type { FromTlsd, ToTlsd } from '../spawn/tls-handover.ts'

/** qmail-tlsd serves so many sessions at a time; each has three descriptors there. */
const MAX_SESSIONS = 4000

/** What came of asking for TLS for a connection. */
export type Securing =
  /** The plain side, nothing read from it, and what is known of the handshake. */
  | { kind: 'secured'; plain: Socket; variables: [name: string, value: Bytes][] }
  /** There is no TLS now; the connection is as it was. */
  | { kind: 'clear' }
  /** The handshake failed; the connection is closed. */
  | { kind: 'failed' }

/** tcpserver's way to qmail-tlsd (spec modern.md 1.2): gives it connections, and gets what it decrypts. */
export class TlsDoor {
  /** Called whenever `isAble` is another. */
  onChange: () => void = () => {}
  readonly #keeper: ChildProcess
  readonly #pairs: SocketPairs
  readonly #log: TcpserverLog
  readonly #waiting = new Map<number, (outcome: { variables: [string, Bytes][] } | undefined) => void>()
  #active = 0
  #hasCertificate = false
  #lastId = 0

  /** Starts the parent of qmail-tlsd; to be made before the process gives its privileges up. */
  constructor(home: string, log: TcpserverLog) {
    this.#log = log
    this.#pairs = new SocketPairs(join(home, 'run', 'smtpd', `tls.${process.pid}`))
    this.#keeper = startResident(home, 'tcpserver', { stdio: ['ignore', 'ignore', 2, 'ipc'], env: {}, cwd: '/' })
    this.#keeper.on('message', (message: FromTlsd) => this.#hear(message))
    this.#keeper.on('error', (error) => this.#onGone(reason(error)))
    this.#keeper.on('exit', (code, signal) => this.#onGone(String(signal ?? code)))
  }

  /** Can a connection turn to TLS now? */
  get isAble(): boolean {
    return this.#hasCertificate && this.#active < MAX_SESSIONS
  }

  /** Certificates are looked at before the next handshake. */
  look(): void {
    this.#send({ kind: 'look' })
  }

  /** Removes what is there by name. */
  close(): void {
    this.#pairs.close()
  }

  /**
   * Leads a connection, which nobody reads, into TLS. `number`: what the session has in the log; `ready`: is said to the client in clear when all is
   * prepared, by qmail-tlsd, so that what follows STARTTLS is heard by nobody but the TLS engine. Never fails.
   */
  async secure(raw: Socket, number: number, ready: Bytes): Promise<Securing> {
    if (!this.isAble) return { kind: 'clear' }
    let pair: [Socket, Socket]
    try {
      pair = await this.#pairs.make()
    } catch (error) {
      this.#log.warn(`no TLS for ${number}: ${reason(error)}`)
      return { kind: 'clear' }
    }
    const [near, far] = pair
    if (!this.isAble) {
      near.destroy()
      far.destroy()
      return { kind: 'clear' }
    }
    const id = ++this.#lastId
    this.#active++
    this.#log.status(`tls ${number} id ${id}`)
    const outcome = await new Promise<{ variables: [string, Bytes][] } | undefined>((resolve) => {
      this.#waiting.set(id, resolve)
      this.#send({ kind: 'plain', id }, far)
      this.#send({ kind: 'tls', id, ready }, raw)
    })
    if (outcome) return { kind: 'secured', plain: near, variables: outcome.variables }
    near.destroy()
    return { kind: 'failed' }
  }

  #send(message: ToTlsd, socket?: Socket): void {
    if (this.#keeper.connected) this.#keeper.send(message, socket, { keepOpen: true }, () => socket?.destroy())
    else socket?.destroy()
  }

  #hear(message: FromTlsd): void {
    if (message.kind === 'able') this.#hasCertificate = message.isAble
    else if (message.kind === 'secured') this.#settle(message.id, message)
    else {
      this.#active--
      this.#settle(message.id, undefined)
    }
    this.onChange()
  }

  #settle(id: number, outcome: { variables: [string, Bytes][] } | undefined): void {
    this.#waiting.get(id)?.(outcome)
    this.#waiting.delete(id)
  }

  #onGone(how: string): void {
    if (this.#hasCertificate) this.#log.warn(`no TLS from now on: the parent of qmail-tlsd ended with ${how}; restart tcpserver`)
    this.#hasCertificate = false
    for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined)
    this.onChange()
  }
}
